// Agents that share a process: each with keys and a store of its own, joined by a courier that hands bytes over. What leaves
// one is what would travel, encoded, signed and sealed.

import type { Clock } from '../../actors/index.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { AgentHost, type AgentHostWorld, type AgentProgram } from './agent-host.ts';
import type { HopEntry } from './book.ts';
import type { AgentCard, AgentKeys, Courier, Directory, SwarmStore } from './ports.ts';

export interface LocalAgent {
  readonly card: AgentCard;
  readonly keys: AgentKeys;
  readonly store: SwarmStore;
  readonly programs: readonly AgentProgram[];
}

export interface LocalNetworkOptions {
  readonly agents: readonly LocalAgent[];
  readonly world: Omit<AgentHostWorld, 'store' | 'courier' | 'directory'>;
  /** what stands between sender and receiver; by default nothing does */
  readonly courier?: (deliver: Deliver) => Courier;
  readonly onHop?: (instance: string, hop: HopEntry) => void;
}

export type Deliver = (to: string, bytes: Bytes) => boolean;

export interface LocalNetwork {
  readonly hosts: ReadonlyMap<string, AgentHost>;
  close(): void;
}

export function createLocalNetwork(options: LocalNetworkOptions): LocalNetwork {
  const { agents, world, onHop } = options;
  const hosts = new Map<string, AgentHost>();
  const cards = new Map(agents.map(({ card }) => [card.agent, card]));
  const directory: Directory = { find: (agent) => cards.get(agent) };
  const deliver: Deliver = (to, bytes) => {
    const host = hosts.get(to);
    host?.receive(bytes);
    return host !== undefined;
  };
  const courier = options.courier?.(deliver) ?? handOver(deliver, world.clock);
  for (const { card, keys, store, programs } of agents) {
    const host = new AgentHost(
      { ...world, store, courier, directory },
      { card, keys, programs, ...(onHop === undefined ? {} : { onHop }) },
    );
    hosts.set(card.agent, host);
  }
  return {
    hosts,
    close() {
      for (const host of hosts.values()) host.close();
    },
  };
}

function handOver(deliver: Deliver, clock: Clock): Courier {
  return {
    send: (to, bytes, unknown) =>
      clock.next(() => {
        if (!deliver(to, bytes)) unknown();
      }),
  };
}

/** All start, or the first fault is told. */
export function startAll(network: LocalNetwork): Promise<void> {
  return Promise.all(
    [...network.hosts.values()].map(
      (host) =>
        new Promise<void>((resolve, reject) =>
          host.start((fault) => (fault === undefined ? resolve() : reject(new Error(fault)))),
        ),
    ),
  ).then(() => undefined);
}
