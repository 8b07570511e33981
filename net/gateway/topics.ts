// Subscriptions, on the WebSocket only: the methods that open, feed and end them, and what each topic tells. `credit`
// counts notifications; at 0 the node keeps a few, then stops the subscription with one `lagged`, which names the cursor to
// subscribe anew with: nothing is lost, and nobody waits.

import { type Static, Type } from '@sinclair/typebox';
import { block, chain, closed, hash, height, hex, words } from './schemas.ts';

/** What notifications of each topic carry. */
export const topics = {
  commits: {
    summary: 'One notification per executed block: that it is there.',
    data: Type.Object({
      height: height('Of the block.'),
      id: hash('The hash of its header.'),
      timeMs: height('Block time, milliseconds since 1970.'),
      entries: Type.Integer({
        minimum: 0,
        description: 'How many commands, bundles or blobs it orders.',
        examples: [3],
      }),
    }),
  },
  blocks: { summary: 'One notification per executed block: the block.', data: block },
  events: {
    summary:
      'What the commands of a block emitted; blocks without events that match `filter` are not told. A block with many events is told in several notifications.',
    data: Type.Object({
      height: height('Of the block.'),
      timeMs: height('Block time, milliseconds since 1970.'),
      events: Type.Array(
        Type.Object({
          hash: hash('Of the command that emitted it.'),
          index: height('Of that command in its block.'),
          name: words('Of the event.', 'put'),
          data: hex(64 * 1024, 'What the ledger says of it (docs/ledger.md).'),
        }),
        { description: 'In the order of execution.' },
      ),
    }),
  },
} as const;
export type Topic = keyof typeof topics;
export type TopicData<T extends Topic> = Static<(typeof topics)[T]['data']>;

const subscription = Type.Integer({ description: 'As `subscribe` gave it.', examples: [1] });
const credit = Type.Integer({
  minimum: 1,
  maximum: 10_000,
  description: 'How many more notifications the client takes.',
  examples: [100],
});

export const subscriptionMethods = {
  subscribe: {
    summary: 'Begin a subscription.',
    params: Type.Object(
      {
        chain,
        topic: Type.Union([Type.Literal('commits'), Type.Literal('blocks'), Type.Literal('events')], {
          description: 'One of those below.',
          examples: ['blocks'],
        }),
        cursor: Type.Optional(
          Type.String({
            maxLength: 64,
            description: 'As in a notification: what follows it is sent. From now on where absent.',
            examples: ['41'],
          }),
        ),
        credit,
        filter: Type.Optional(
          Type.String({
            maxLength: 128,
            description: 'Of `events` only those whose name begins so.',
            examples: ['put'],
          }),
        ),
      },
      closed,
    ),
    result: Type.Object({ subscription: Type.Integer({ description: 'Names it in what follows.', examples: [1] }) }),
  },
  credit: {
    summary: 'Take more notifications.',
    params: Type.Object({ subscription, credit }, closed),
    result: Type.Object({}),
  },
  unsubscribe: {
    summary: 'End a subscription.',
    params: Type.Object({ subscription }, closed),
    result: Type.Object({}),
  },
} as const;
export type SubscribeParams = Static<(typeof subscriptionMethods)['subscribe']['params']>;

/** Notifications (JSON-RPC requests without an id) from the node. */
export interface SubscriptionEvent {
  readonly method: 'event';
  readonly params: { readonly subscription: number; readonly cursor: string; readonly data: unknown };
}
export interface SubscriptionLagged {
  readonly method: 'lagged';
  readonly params: { readonly subscription: number; readonly cursor: string | null; readonly missed: number };
}
