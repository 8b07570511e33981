// The composition root of a node that hosts agents: their store, their instances, and the links to the nodes of other
// agents. It imports no driver: the command line plugs in the real world, and the simulator its own.

import {
  type Address,
  address,
  type Behavior,
  createActorSystem,
  createNoteSink,
  type Message,
} from './actors/index.ts';
import { type Bytes, concatBytes, fromUtf8 } from './lib/bytes.ts';
import { decode, encode } from './lib/codec.ts';
import { sha256 } from './lib/hash.ts';
import { createMetrics } from './lib/metrics.ts';
import { misfit, text, tuple, uint } from './lib/shape.ts';
import type { Sealing } from './lib/suites/sealing.ts';
import { KiB, MiB } from './lib/units.ts';
import {
  createLinks,
  type LinkMessage,
  type LinksHandle,
  type NodeId,
  netMetrics,
  type PeerAddress,
  type Transport,
} from './net/index.ts';
import type { NodePorts } from './node.ts';
import { type Disk, openShard, prefixedStore, type Shard, type Store, type StoreOpener } from './storage/index.ts';
import {
  type AgentCard,
  AgentHost,
  type AgentHostWorld,
  type AgentKeys,
  type AgentProgram,
  type Courier,
  type HopEntry,
  type Interceptors,
} from './swarms/run/index.ts';

/** The world of a node of agents, as that of a node of chains; how it reaches others is said apart. */
export interface SwarmNodePorts extends Omit<NodePorts, 'transport'> {
  readonly sealing: Sealing;
}

export interface HostedAgent {
  readonly card: AgentCard;
  readonly keys: AgentKeys;
  readonly programs: readonly AgentProgram[];
  readonly interceptors?: Interceptors | undefined;
}

/** How this node reaches others; a node of all agents needs none. */
export interface SwarmLinks {
  readonly self: NodeId;
  readonly transport: Transport;
  readonly peers: readonly PeerAddress[];
  /** agents that live elsewhere */
  readonly remote: readonly { readonly card: AgentCard; readonly node: NodeId }[];
}

export interface SwarmNodeOptions {
  readonly dataDirectory: string;
  readonly agents: readonly HostedAgent[];
  readonly links?: SwarmLinks | undefined;
  readonly onHop?: ((instance: string, hop: HopEntry) => void) | undefined;
}

export interface SwarmNode {
  /** opens the store, goes on with every instance in which something is left to do, listens and dials */
  start(done: (fault: { readonly code: string; readonly message: string } | undefined) => void): void;
  /** where the other nodes are, now; the same ones as in the options */
  meet(peers: readonly PeerAddress[]): void;
  /** by agent, when it has started */
  readonly hosts: ReadonlyMap<string, AgentHost>;
  /** from now on nothing happens here; for a process that dies there is nothing to do */
  halt(): void;
  close(done: () => void): void;
}

/** The store is what is used of the shard, with its lock, its lease and its groups of writes; the journal stays empty. */
export const agentsJournal = { segmentBytes: 64 * KiB };
/** of one length, so that none begins another */
const prefixOf = (agent: string): Bytes => sha256(fromUtf8(agent)).subarray(0, 8);
/** The part of a node's store that is an agent's. */
export const agentStore = (store: Store, agent: string): Store => prefixedStore(store, prefixOf(agent));
const domain = 'swarms';

export function createSwarmNode(options: SwarmNodeOptions, ports: SwarmNodePorts): SwarmNode {
  const { links: wanted } = options;
  const { clock, log, onFatal } = ports;
  const metrics = createMetrics();
  metrics.declare(...netMetrics);
  const notes = createNoteSink({ log, metrics });
  const system = createActorSystem({ clock, shards: {}, notes, onFatal, random: ports.random.fork('supervision') });
  const self = address('swarm', 'node', 'self');
  const hosts = new Map<string, AgentHost>();
  const cards = new Map<string, AgentCard>();
  for (const { card } of [...options.agents, ...(wanted?.remote ?? [])]) cards.set(card.agent, card);
  const nodeOf = new Map(wanted?.remote.map(({ card, node }) => [card.agent, node]));
  const links = wanted === undefined ? undefined : linksOf(wanted);
  let shard: Shard | undefined;
  let lastMessage = 0;

  function linksOf({ self: nodeId, transport, peers, remote }: SwarmLinks): LinksHandle {
    return createLinks({
      ...{ self: nodeId, domain: 'swarm', transport, clock, peers, actors: system },
      random: ports.random.fork('links'),
      validators: new Set([nodeId, ...remote.map(({ node }) => node)]),
      followers: { mode: 'none' },
      note: (note) => notes.note(self, 'net', note),
    });
  }

  const courier: Courier = {
    send(to, bytes, unknown) {
      const host = hosts.get(to);
      if (host !== undefined) return clock.next(() => host.receive(bytes));
      const node = nodeOf.get(to);
      if (node === undefined || links === undefined) return clock.next(unknown);
      const outlet = links.outlet(node, domain, 'bulk');
      const parts = Math.max(1, Math.ceil(bytes.length / partBytes));
      const message = ++lastMessage;
      for (let part = 0; part < parts; part++) {
        const header = encode(headerShape.write({ to, message, part, parts }));
        outlet.write([header, bytes.subarray(part * partBytes, (part + 1) * partBytes)]);
      }
    },
  };

  function start(done: Parameters<SwarmNode['start']>[0]): void {
    const world = { ...ports, newShardId: () => ports.secureRandom(16), note: () => undefined };
    const fatal = { fatal: (fault: { readonly message: string }) => onFatal(fault.message) };
    openShard(world, { directory: options.dataDirectory, journal: agentsJournal }, fatal, (fault, opened) => {
      if (fault !== undefined) return done(fault);
      shard = opened;
      startHosts(opened, (reason) => {
        if (reason !== undefined) return done({ code: 'shard-disk-failed', message: reason });
        if (links === undefined) return done(undefined);
        const post = address('swarm', 'post', 'office');
        system.spawn(
          post,
          postBehavior((to, bytes) => hosts.get(to)?.receive(bytes)),
        );
        links.subscribe(domain, post);
        links.start(done);
      });
    });
  }

  function startHosts({ store }: Shard, done: (fault: string | undefined) => void): void {
    const { onHop } = options;
    const shared: Omit<AgentHostWorld, 'store'> = {
      ...ports,
      system,
      courier,
      directory: { find: (agent) => cards.get(agent) },
    };
    for (const { card, keys, programs, interceptors } of options.agents) {
      const world = { ...shared, store: agentStore(store, card.agent) };
      hosts.set(card.agent, new AgentHost(world, { card, keys, programs, interceptors, onHop }));
    }
    let waiting = hosts.size;
    for (const host of hosts.values()) {
      host.start((fault) => {
        waiting = fault === undefined ? waiting - 1 : -1;
        if (fault !== undefined) done(fault);
        else if (waiting === 0) done(undefined);
      });
    }
  }

  function halt(): void {
    for (const host of hosts.values()) host.close();
    system.halt();
  }

  return {
    start,
    hosts,
    halt,
    meet: (peers) => links?.setPeers(peers, { mode: 'none' }),
    close(done) {
      links?.close();
      halt();
      if (shard === undefined) done();
      else shard.close(done);
    },
  };
}

// — messages between nodes —

interface Header {
  readonly to: string;
  readonly message: number;
  readonly part: number;
  readonly parts: number;
}

const partBytes = MiB;
/** of one message: what an envelope may have, in parts of a MiB */
const maxParts = 64;
const headerShape = tuple<Header>({ to: text(250), message: uint(), part: uint(maxParts - 1), parts: uint(maxParts) });

interface Partial {
  readonly message: number;
  readonly parts: Bytes[];
}

/** Puts messages together that came in parts. Parts of a link come in order; what a break has cut off is sent again. */
function postBehavior(
  deliver: (to: string, bytes: Bytes) => void,
): Behavior<Map<NodeId, Partial>, LinkMessage & Message> {
  return {
    kind: 'swarm-post',
    mailbox: { capacity: 1024 },
    start: (_: Address) => new Map(),
    receive(open, message, effects) {
      if (message.type === 'link-down') open.delete(message.peer);
      if (message.type !== 'bulk') return;
      const header = readHeader(message.header);
      if (header === undefined) return;
      const known = open.get(message.peer);
      const parts = known?.message === header.message ? known.parts : [];
      open.delete(message.peer);
      if (header.part !== parts.length) return;
      parts.push(concatBytes(message.body));
      if (parts.length < header.parts) return void open.set(message.peer, { message: header.message, parts });
      const bytes = concatBytes(parts);
      effects.request(() => deliver(header.to, bytes));
    },
  };
}

function readHeader(bytes: Bytes): Header | undefined {
  const decoded = decode(bytes);
  const header = decoded.ok ? headerShape.read(decoded.value) : misfit;
  return header === misfit ? undefined : header;
}
