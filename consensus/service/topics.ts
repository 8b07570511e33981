// Subscriptions over WebSocket: commits, blocks and events from any height on, first from the archive, then as blocks are
// executed. A follower reads one block at a time, and ends as soon as its subscriber takes no more.

import { address, type Behavior, type Effects, type Message } from '../../actors/index.ts';
import { toHex } from '../../lib/bytes.ts';
import { ok, refused } from '../../lib/result.ts';
import { milliseconds } from '../../lib/units.ts';
import type { Topic, TopicData } from '../../net/gateway/protocol.ts';
import type { Gateway, Subscriber, TopicSource } from '../../net/index.ts';
import type { ArchivedBlock } from '../archive.ts';
import type { BlockExecuted, NotSubscribed } from '../chain-messages.ts';
import { mailboxes, maxEventsPerNotification } from '../limits.ts';
import { blockReceipts } from './past-batches.ts';
import { blockAnswer } from './reads.ts';
import { chainOf, type KnownReceipt, type ServedChain, type ServiceOptions } from './served-chain.ts';

/** Makes the notifications of one block; undefined where this node does not have what it takes. */
type View = (block: ArchivedBlock, done: (notifications: readonly Notified[] | undefined) => void) => void;
type Notified = TopicData<Topic>;
type ViewOf = (chain: ServedChain, filter: string) => View;

export function registerTopics(gateway: Gateway, options: ServiceOptions): void {
  gateway.registerTopic('commits', sourceOf(options, 'commits', commitsOf));
  gateway.registerTopic('blocks', sourceOf(options, 'blocks', blocksOf));
  gateway.registerTopic('events', sourceOf(options, 'events', eventsOf(options)));
}

const commitsOf: ViewOf = () => (block, done) => {
  const { height, signed, entries } = block;
  const { id, state } = signed.header;
  done([{ height, id, timeMs: state.timeMs, entries }]);
};

const blocksOf: ViewOf =
  ({ chain }) =>
  (block, done) =>
    done([blockAnswer(chain, block)]);

/** The events of a block whose names begin with `filter`; none is no notification. */
const eventsOf =
  (options: ServiceOptions): ViewOf =>
  (chain, filter) =>
  (block, done) =>
    blockReceipts(options, chain, block, (receipts) => {
      if (receipts === undefined) return done(undefined);
      const { height } = block;
      const { timeMs } = block.signed.header.state;
      const events = receipts.flatMap((receipt) => eventsIn(receipt, filter));
      const notifications: TopicData<'events'>[] = [];
      for (let at = 0; at < events.length; at += maxEventsPerNotification)
        notifications.push({ height, timeMs, events: events.slice(at, at + maxEventsPerNotification) });
      done(notifications);
    });

function eventsIn({ hash, index, events }: KnownReceipt, filter: string): TopicData<'events'>['events'] {
  return events
    .filter(({ topic }) => topic.startsWith(filter))
    .map(({ topic, data }) => ({ hash, index, name: topic, data: toHex(data) }));
}

function sourceOf(options: ServiceOptions, topic: Topic, viewOf: ViewOf): TopicSource {
  let subscriptions = 0;
  return {
    open(params, subscriber) {
      const found = chainOf(options, params.chain);
      if (!found.ok) return found;
      const chain = found.value;
      const archive = chain.archive();
      if (archive === undefined) return refused({ name: 'node-not-ready' });
      if (topic === 'events' && chain.receipts === undefined)
        return refused({ name: 'not-found', detail: `the ledger of chain ${chain.name} keeps no events` });
      const from = params.cursor === undefined ? archive.lastHeight : Number(params.cursor);
      if (!Number.isSafeInteger(from) || from < 0) return refused({ name: 'bad-request', detail: 'cursor' });
      subscriptions += 1;
      const self = address(chain.chain, 'follower', `${topic}-${subscriptions}`);
      const view = viewOf(chain, params.filter ?? '');
      options.system.spawn(self, followBehavior({ chain, subscriber, view, from }), {
        shard: chain.chain,
        supervision: stopAlone,
      });
      return ok({ close: () => options.system.stop(self) });
    },
  };
}

const stopAlone = { strategy: 'stop', restarts: 0, withinMs: milliseconds(60_000) } as const;

type In =
  | BlockExecuted
  | NotSubscribed
  | { readonly type: 'executor-gone' }
  | { readonly type: 'read'; readonly notifications: readonly object[] | undefined }
  | { readonly type: 'pushed'; readonly goesOn: boolean };

interface Following {
  readonly chain: ServedChain;
  readonly subscriber: Subscriber;
  readonly view: View;
  readonly from: number;
}

interface Follower {
  /** the last height given */
  height: number;
  /** blocks behind `height` that this node does not have */
  missed: number;
  /** the subscriber takes no more, and was told */
  refused: boolean;
  reading: boolean;
  known: number;
}

type Fx = Effects<In>;

/** Gives every block after its cursor, in order, out of the archive: a block is there before it is executed. */
function followBehavior(following: Following): Behavior<Follower, In> {
  const { chain, from, subscriber } = following;
  return {
    kind: 'follower',
    mailbox: { capacity: mailboxes.topic, overflow: { 'block-executed': 'replace' } },
    start(self, effects) {
      effects.send(chain.addresses.executor, { type: 'subscribe', subscriber: self } as Message);
      effects.watch(chain.addresses.executor, { type: 'executor-gone' });
      const state = {
        height: from,
        missed: 0,
        refused: false,
        reading: false,
        known: chain.archive()?.lastHeight ?? 0,
      };
      readNext(following, state, effects);
      return state;
    },
    receive: (state, message, effects) => receive(following, state, message, effects),
    describe: ({ height, known }) => ({ state: height < known ? 'behind' : 'following', context: { height } }),
    // said aloud whatever the reason, so that nobody listens to silence; who has unsubscribed hears nothing any more
    discard({ height, missed, refused }) {
      if (!refused) subscriber.lagged(missed, String(height + missed));
    },
  };
}

function receive(following: Following, state: Follower, message: In, effects: Fx): void {
  switch (message.type) {
    case 'block-executed':
      state.known = Math.max(state.known, message.height);
      break;
    case 'read':
      if (message.notifications !== undefined) {
        push(following, state, message.notifications, effects);
        return;
      }
      state.missed = 1;
      effects.stop(effects.self);
      return;
    case 'pushed':
      state.reading = false;
      if (message.goesOn) break;
      state.refused = true;
      effects.stop(effects.self);
      return;
    case 'executor-gone': // the chain restarts as a whole: nobody would tell of blocks any more
    case 'not-subscribed':
      effects.stop(effects.self);
      return;
  }
  readNext(following, state, effects);
}

function readNext({ chain, view }: Following, state: Follower, effects: Fx): void {
  if (state.reading || state.height >= state.known) return;
  state.reading = true;
  const height = state.height + 1;
  effects.request((answer) => {
    const tell = (notifications: readonly object[] | undefined): void => answer({ type: 'read', notifications });
    chain.archive()?.block(height, (block) => (block === undefined ? tell(undefined) : view(block, tell)));
  });
}

/** A block with several notifications is behind its cursor only with the last: who resumes between them hears it again. */
function push({ subscriber }: Following, state: Follower, notifications: readonly object[], effects: Fx): void {
  state.height += 1;
  const { height } = state;
  const last = notifications.length - 1;
  effects.request((answer) => {
    const goesOn = notifications.every((each, i) => subscriber.push(String(i === last ? height : height - 1), each));
    answer({ type: 'pushed', goesOn });
  });
}
