// A peer that says whatever a test has it say: real links, and no node behind them.

import { address, type Behavior, createActorSystem } from '../../actors/index.ts';
import type { Batch, PeerMessage } from '../../consensus/core/index.ts';
import {
  decodeMessage,
  encodeBatchHeader,
  encodeForwardHeader,
  encodeMessage,
  type Forward,
} from '../../consensus/wire.ts';
import { createLinks, type LinkMessage, type LinksHandle, type NodeId } from '../../net/index.ts';
import { fastDisk } from '../../sim/disk.ts';
import { Host } from '../../sim/host.ts';
import type { SimProcess } from '../../sim/machine.ts';
import { simNotes } from '../../sim/notes.ts';
import type { WholeNodes } from './whole-nodes.ts';

export class RawPeer {
  readonly self: NodeId;
  readonly #chain: string;
  readonly heard: { readonly peer: NodeId; readonly message: PeerMessage }[] = [];
  readonly up = new Set<NodeId>();
  links: LinksHandle | undefined;

  /** @param options its machine's number, and the nodes that it dials */
  constructor(nodes: WholeNodes, options: { self: NodeId; dials: readonly NodeId[]; index: number }) {
    this.self = options.self;
    this.#chain = nodes.chain;
    const host = new Host(nodes.world, {
      ...{ index: options.index, name: 'raw', disk: fastDisk, restartMs: [10, 10] },
      program: (_host, process) => this.#live(nodes, options.dials, process),
    });
    host.start();
  }

  say(peer: NodeId, message: Exclude<PeerMessage, { type: 'batch' }>): void {
    this.links?.outlet(peer, this.#chain, 'control').write([encodeMessage(message)]);
  }

  sayBatch(peer: NodeId, batch: Batch, channel: 'bulk' | 'reply'): void {
    const header = encodeBatchHeader(batch, channel === 'reply');
    this.links?.outlet(peer, this.#chain, channel).write([header, ...batch.body]);
  }

  forward(peer: NodeId, forward: Forward): void {
    this.links?.outlet(peer, this.#chain, 'bulk').write([encodeForwardHeader(forward), forward.entries]);
  }

  #live({ world, network, validators }: WholeNodes, dials: readonly NodeId[], process: SimProcess): void {
    const random = world.random.protocol.fork('raw peer');
    const notes = simNotes(world, 'raw');
    const system = createActorSystem({ clock: process.clock, shards: {}, notes, onFatal: () => {}, random });
    const receiver = address(this.#chain, 'raw', 'main');
    const links = createLinks({
      ...{ self: this.self, domain: 'node', transport: network.transport(process, this.self), clock: process.clock },
      ...{ random, actors: system, validators: new Set(validators), followers: { mode: 'open' } },
      peers: dials.map((nodeId) => ({ nodeId, host: 'sim', port: 1 })),
      note: () => {},
    });
    this.links = links;
    const behavior: Behavior<null, LinkMessage> = {
      kind: 'raw',
      mailbox: { capacity: 10_000 },
      start: () => null,
      receive: (_, message) => this.#hear(message),
    };
    system.spawn(receiver, behavior);
    links.subscribe(this.#chain, receiver);
    links.start(() => {});
  }

  #hear(message: LinkMessage): void {
    if (message.type === 'link-up') this.up.add(message.peer);
    if (message.type === 'link-down') this.up.delete(message.peer);
    if (message.type !== 'frame') return;
    const decoded = decodeMessage(message.bytes);
    if (typeof decoded === 'string') throw new Error(decoded);
    this.heard.push({ peer: message.peer, message: decoded });
  }
}
