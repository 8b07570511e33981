// Nodes that have nothing but links, on a virtual clock; and a wire between them that a test can tamper with.

import { type Address, address, type Behavior, type Note } from '../../../actors/index.ts';
import { type Bytes, fromUtf8, toUtf8 } from '../../../lib/bytes.ts';
import { seededRandom } from '../../../lib/random.ts';
import type {
  ConnectionEvents,
  FrameCheck,
  LinkMessage,
  LinksHandle,
  LinksOptions,
  NodeId,
  PeerAddress,
  Transport,
} from '../../../net/index.ts';
import { createLinks, createMemoryHub, type MemoryHub } from '../../../net/index.ts';
import { createWorld, VirtualClock, type World } from '../actors/support.ts';

/** nodes are called by one letter, and ordered like it */
export const idOf = (letter: string): NodeId => letter.charCodeAt(0).toString(16).repeat(32) as NodeId;
const letterOf = (id: NodeId): string => String.fromCharCode(Number.parseInt(id.slice(0, 2), 16));
export const addressOf = (digit: string): PeerAddress => ({
  nodeId: idOf(digit),
  host: 'here',
  port: digit.charCodeAt(0),
});
export const chain = 'c'.repeat(64);
export const text = fromUtf8;

/** Sees every message that one node receives; what it returns is delivered instead. */
export type Tamper = (message: Bytes) => readonly Bytes[];

export interface TestNode {
  readonly id: NodeId;
  readonly world: World;
  readonly links: LinksHandle;
  readonly notes: Note[];
  /** what its chain's actor heard: `up b`, `down b`, `frame b hello`, `bulk b header 3` */
  readonly heard: string[];
  readonly receiver: Address;
  tamper: Tamper | undefined;
  /** what a test's peer gets hold of to misuse a link */
  readonly write: (to: string, message: string) => void;
}

export interface Net {
  readonly clock: VirtualClock;
  readonly hub: MemoryHub;
  node(digit: string, options: Partial<LinksOptions> & { readonly knows?: string; readonly hears?: boolean }): TestNode;
}

export function createNet(): Net {
  const clock = new VirtualClock();
  const hub = createMemoryHub(clock);
  return {
    clock,
    hub,
    node(digit, { knows = '', hears = true, ...options }) {
      const id = idOf(digit);
      const world = createWorld({ clock });
      const notes: Note[] = [];
      const heard: string[] = [];
      const receiver = address(chain, 'consensus', digit);
      const node: TestNode = {
        id,
        world,
        notes,
        heard,
        receiver,
        tamper: undefined,
        links: createLinks({
          self: id,
          domain: 'node',
          transport: tampered(hub.transport(id, 'here', digit.charCodeAt(0)), () => node.tamper),
          clock,
          random: seededRandom(digit.charCodeAt(0)),
          actors: world.system,
          peers: [...knows].map(addressOf),
          validators: new Set([...'abcd'].map(idOf)),
          followers: { mode: 'open' },
          note: (note) => void notes.push(note),
          ...options,
        }),
        write: (to, message) => node.links.outlet(idOf(to), chain, 'control').write([text(message)]),
      };
      world.system.spawn(receiver, listener(heard));
      if (hears) node.links.subscribe(chain, receiver);
      node.links.start(() => {});
      return node;
    },
  };
}

function listener(heard: string[]): Behavior<null, LinkMessage> {
  return {
    kind: 'listener',
    mailbox: { capacity: 10_000 },
    start: () => null,
    receive(_, message) {
      const from = letterOf(message.peer);
      switch (message.type) {
        case 'link-up':
          heard.push(`up ${from}`);
          return;
        case 'link-down':
          heard.push(`down ${from}`);
          return;
        case 'frame':
          heard.push(`frame ${from} ${toUtf8(message.bytes)}`);
          return;
        case 'bulk':
          heard.push(`bulk ${from} ${toUtf8(message.header)} ${message.body.map((part) => part.length).join('+')}`);
      }
    },
  };
}

function tampered(transport: Transport, tamper: () => Tamper | undefined): Transport {
  const wrap = (events: ConnectionEvents): ConnectionEvents => ({
    message(bytes) {
      for (const each of tamper()?.(bytes) ?? [bytes]) events.message(each);
    },
    closed: (reason) => events.closed(reason),
  });
  return {
    listen: (accept, done) =>
      transport.listen((connection) => {
        const events = accept(connection);
        return events === undefined ? undefined : wrap(events);
      }, done),
    dial: (target, channel, done, events) => transport.dial(target, channel, done, wrap(events)),
    close: () => transport.close(),
  };
}

/** what the simulator's test of itself puts in the place of the duplicate check */
export const noCheck = (): FrameCheck => ({ judge: () => 'next' });

export const counted = (node: TestNode, name: string, reason: string): number =>
  node.notes.filter((note) => 'count' in note && note.count === name && note.labels?.['reason'] === reason).length;
