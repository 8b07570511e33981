// Subscriptions over WebSocket: commits and blocks from any height on, first from the archive, then as they are executed.

import { address, type Behavior, type Message } from '../../actors/index.ts';
import { ok, refused } from '../../lib/result.ts';
import { milliseconds } from '../../lib/units.ts';
import type { Gateway, Subscriber, TopicSource } from '../../net/index.ts';
import type { ArchivedBlock } from '../archive.ts';
import type { BlockExecuted } from '../chain-messages.ts';
import { blockAnswer } from './reads.ts';
import { chainOf, type ServedChain, type ServiceOptions } from './served-chain.ts';

type View = (chain: ServedChain, block: ArchivedBlock) => unknown;

const commitOf: View = (_chain, { height, signed, entries }) => ({
  height,
  id: signed.header.id,
  timeMs: signed.header.state.timeMs,
  entries,
});

export function registerTopics(gateway: Gateway, options: ServiceOptions): void {
  gateway.registerTopic('commits', sourceOf(options, commitOf, 'commits'));
  gateway.registerTopic(
    'blocks',
    sourceOf(options, ({ chain }, block) => blockAnswer(chain, block), 'blocks'),
  );
}

function sourceOf(options: ServiceOptions, view: View, topic: string): TopicSource {
  let subscriptions = 0;
  return {
    open(params, subscriber) {
      const chain = chainOf(options, params.chain);
      if (!chain.ok) return chain;
      const archive = chain.value.archive();
      if (archive === undefined) return refused({ name: 'node-not-ready' });
      const from = params.cursor === undefined ? archive.lastHeight : Number(params.cursor);
      if (!Number.isSafeInteger(from) || from < 0) return refused({ name: 'bad-request', detail: 'cursor' });
      subscriptions += 1;
      const self = address(chain.value.chain, 'follower', `${topic}-${subscriptions}`);
      options.system.spawn(self, followBehavior(chain.value, subscriber, view, from), {
        shard: chain.value.chain,
        supervision: stopAlone,
      });
      return ok({ close: () => options.system.stop(self) });
    },
  };
}

const stopAlone = { strategy: 'stop', restarts: 0, withinMs: milliseconds(60_000) } as const;

type In = BlockExecuted | { readonly type: 'read'; readonly block: ArchivedBlock | undefined };

interface Follower {
  /** the last height given */
  height: number;
  reading: boolean;
  known: number;
}

/** Gives every block after its cursor, in order, out of the archive: a block is there before it is executed. */
function followBehavior(chain: ServedChain, subscriber: Subscriber, view: View, from: number): Behavior<Follower, In> {
  return {
    kind: 'follower',
    mailbox: { capacity: 64, overflow: { 'block-executed': 'replace' } },
    start(self, effects) {
      effects.send(chain.addresses.executor, { type: 'subscribe', subscriber: self } as Message);
      const state = { height: from, reading: false, known: chain.archive()?.lastHeight ?? 0 };
      readNext(chain, state, effects);
      return state;
    },
    receive(state, message, effects) {
      if (message.type === 'block-executed') state.known = Math.max(state.known, message.height);
      else {
        state.reading = false;
        state.height += 1;
        const { block } = message;
        const cursor = String(state.height);
        if (block === undefined) effects.request(() => subscriber.lagged(1, cursor));
        else effects.request(() => !subscriber.push(cursor, view(chain, block)));
      }
      readNext(chain, state, effects);
    },
  };
}

function readNext(chain: ServedChain, state: Follower, effects: Parameters<Behavior<Follower, In>['start']>[1]): void {
  if (state.reading || state.height >= state.known) return;
  state.reading = true;
  effects.request((answer) => chain.archive()?.block(state.height + 1, (block) => answer({ type: 'read', block })));
}
