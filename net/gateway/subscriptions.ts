// The subscriptions of one WebSocket. Each has its own credit; one that its client does not keep up with is ended with a
// loud `lagged` that names the cursor to go on from, so that nothing is lost and neither its source nor another
// subscription ever waits for it.

import { ok, refused } from '../../lib/result.ts';
import { maxQueuedNotifications, maxSubscriptionsPerSocket } from './limits.ts';
import type { Subscriber, TopicSource } from './ports.ts';
import { type SubscribeParams, subscriptionMethods } from './protocol.ts';
import type { OwnMethod } from './rpc.ts';

export interface Subscriptions {
  /** subscribe, credit, unsubscribe */
  readonly methods: ReadonlyMap<string, OwnMethod>;
  close(): void;
}

interface Subscription {
  readonly id: number;
  credit: number;
  queue: { readonly cursor: string; readonly data: unknown }[];
  /** of the last notification sent */
  cursor: string | null;
  source: { close(): void } | undefined;
  over: boolean;
}

export interface SubscriptionsOptions {
  readonly topics: ReadonlyMap<string, TopicSource>;
  /** sends one JSON-RPC notification */
  readonly notify: (text: string) => void;
  /** runs once, after the response that is being made has been sent */
  readonly soon: (run: () => void) => void;
  readonly onLagged?: () => void;
}

export function createSubscriptions({ topics, notify, soon, onLagged }: SubscriptionsOptions): Subscriptions {
  const open = new Map<number, Subscription>();
  let lastId = 0;

  const tell = (method: string, params: object): void => notify(JSON.stringify({ jsonrpc: '2.0', method, params }));

  function end(subscription: Subscription): void {
    if (subscription.over) return;
    subscription.over = true;
    subscription.queue = [];
    open.delete(subscription.id);
    subscription.source?.close();
  }

  function lag(subscription: Subscription, missed: number, cursor: string | null): void {
    if (subscription.over) return;
    onLagged?.();
    tell('lagged', { subscription: subscription.id, cursor, missed });
    end(subscription);
  }

  function flush(subscription: Subscription): void {
    while (subscription.credit > 0 && subscription.queue.length > 0 && !subscription.over) {
      const next = subscription.queue.shift() as { readonly cursor: string; readonly data: unknown };
      subscription.credit--;
      subscription.cursor = next.cursor;
      tell('event', { subscription: subscription.id, ...next });
    }
  }

  const subscriberOf = (subscription: Subscription): Subscriber => ({
    push(cursor, data) {
      if (subscription.over) return false;
      subscription.queue.push({ cursor, data });
      if (subscription.credit === 0 && subscription.queue.length > maxQueuedNotifications) {
        lag(subscription, subscription.queue.length, subscription.cursor);
        return false;
      }
      if (subscription.source !== undefined) flush(subscription);
      return true;
    },
    lagged: (missed, cursor) => lag(subscription, missed, cursor),
  });

  const subscribe: OwnMethod = {
    ...subscriptionMethods.subscribe,
    action: 'subscribe',
    call(params: SubscribeParams) {
      const topic = topics.get(params.topic);
      if (topic === undefined) return refused({ name: 'not-found', detail: `topic ${params.topic}` });
      if (open.size >= maxSubscriptionsPerSocket)
        return refused({ name: 'gateway-busy', detail: 'too many subscriptions' });
      const subscription: Subscription = {
        id: ++lastId,
        credit: params.credit,
        queue: [],
        cursor: params.cursor ?? null,
        source: undefined,
        over: false,
      };
      open.set(subscription.id, subscription);
      const source = topic.open(params, subscriberOf(subscription));
      if (!source.ok) {
        open.delete(subscription.id);
        return source;
      }
      subscription.source = source.value;
      if (subscription.over) source.value.close();
      else soon(() => flush(subscription)); // its id goes out first
      return ok({ subscription: subscription.id });
    },
  };

  const credit: OwnMethod = {
    ...subscriptionMethods.credit,
    action: 'subscribe',
    call(params: { readonly subscription: number; readonly credit: number }) {
      const subscription = open.get(params.subscription);
      if (subscription === undefined)
        return refused({ name: 'not-found', detail: `subscription ${params.subscription}` });
      subscription.credit = Math.min(1_000_000, subscription.credit + params.credit);
      flush(subscription);
      return ok({});
    },
  };

  const unsubscribe: OwnMethod = {
    ...subscriptionMethods.unsubscribe,
    action: 'subscribe',
    call(params: { readonly subscription: number }) {
      const subscription = open.get(params.subscription);
      if (subscription === undefined)
        return refused({ name: 'not-found', detail: `subscription ${params.subscription}` });
      end(subscription);
      return ok({});
    },
  };

  return {
    methods: new Map(Object.entries({ subscribe, credit, unsubscribe })),
    close() {
      for (const subscription of [...open.values()]) end(subscription);
    },
  };
}
