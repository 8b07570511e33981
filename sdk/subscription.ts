// A subscription as an endless list: `for await` over commits, blocks or events. When its node dies, lags or has no more,
// it goes on at another one behind the last notification that its reader got, so that none is missed. (Of a block that is
// told in several notifications, some may then be told again: their cursor is that of the block before.)

import { PskyError } from '../lib/errors.ts';
import {
  type RpcError,
  rpcSocketPath,
  type SubscribeParams,
  type SubscriptionEvent,
  type SubscriptionLagged,
  type Topic,
  type TopicData,
} from '../net/gateway/protocol.ts';
import { maxSubscriptionRounds, subscriptionCredit, subscriptionPauseMs } from './limits.ts';
import type { Platform, TextSocket } from './platform.ts';
import { RpcFailure } from './rpc-client.ts';

export interface Notification<T extends Topic> {
  /** give it to `subscribe` to go on behind this one, also in another process */
  readonly cursor: string;
  readonly data: TopicData<T>;
}

export interface SubscribeOptions {
  /** of the last notification that is known; what comes from now on where absent */
  readonly cursor?: string;
  /** of `events` only those whose name begins so */
  readonly filter?: string;
}

export interface SubscriptionSource {
  /** base URLs of validators */
  readonly endpoints: readonly string[];
  readonly platform: Platform;
  /** a chain's name or id; the node's first chain where absent */
  readonly chain?: string;
}

/** Refusals that no other validator, and no later attempt, would spare us. */
const finalSlugs = new Set(['bad-request', 'unknown-method', 'not-authorized', 'unknown-chain', 'not-found']);

/**
 * Ends when its reader leaves the loop.
 *
 * @throws RpcFailure where a node refuses it for good; PskyError `node-unreachable` where no node takes it for about
 * 10 s, `lagged` where none has what follows the cursor
 */
export async function* subscribe<T extends Topic>(
  source: SubscriptionSource,
  topic: T,
  options: SubscribeOptions = {},
): AsyncGenerator<Notification<T>, never, void> {
  const { endpoints, platform } = source;
  let { cursor } = options;
  let failures = 0;
  for (let turn = 0; ; turn++) {
    const endpoint = endpoints[turn % endpoints.length] as string;
    const params: SubscribeParams = {
      ...(source.chain === undefined ? {} : { chain: source.chain }),
      ...{ topic, credit: subscriptionCredit },
      ...(options.filter === undefined ? {} : { filter: options.filter }),
      ...(cursor === undefined ? {} : { cursor }),
    };
    const feed = new Feed(platform, endpoint, params);
    try {
      for (;;) {
        const next = await feed.next();
        if (next === undefined) break;
        failures = 0;
        cursor = next.cursor;
        yield next as Notification<T>;
      }
    } finally {
      feed.close();
    }
    const { refusal, subscribed, lagged } = feed;
    if (refusal !== undefined && finalSlugs.has(refusal.slug ?? '')) throw refusal;
    if (lagged !== undefined) cursor ??= lagged.cursor ?? undefined;
    failures = subscribed && lagged === undefined ? 0 : failures + 1;
    if (failures >= maxSubscriptionRounds * endpoints.length) {
      if (lagged !== undefined) throw new PskyError('lagged', `No node has what follows cursor ${cursor}.`);
      throw refusal ?? new PskyError('node-unreachable', `Asked ${endpoints.join(', ')}: ${feed.ended}.`);
    }
    const round = Math.floor(failures / endpoints.length);
    await platform.delay(Math.min(subscriptionPauseMs.longest, subscriptionPauseMs.first * 2 ** round));
  }
}

type Event = SubscriptionEvent['params'];

/** One subscription at one node: what came and was not read yet, at most `subscriptionCredit` notifications. */
class Feed {
  readonly #socket: TextSocket;
  #waiting: Event[] = [];
  #read = 0;
  #id: number | undefined;
  #wake = (): void => {};
  /** why the socket closed */
  ended: string | undefined;
  refusal: RpcFailure | undefined;
  lagged: SubscriptionLagged['params'] | undefined;

  constructor(platform: Platform, endpoint: string, params: SubscribeParams) {
    const url = endpoint.replace(/^http/, 'ws').replace(/\/+$/, '') + rpcSocketPath;
    this.#socket = platform.openSocket(url, {
      opened: () => this.#call(1, 'subscribe', params),
      message: (text) => this.#take(text),
      closed: (reason) => this.#end(reason),
    });
  }

  get subscribed(): boolean {
    return this.#id !== undefined;
  }

  /** @returns undefined once it is over and all that came is read */
  async next(): Promise<Event | undefined> {
    while (this.#waiting.length === 0) {
      if (this.ended !== undefined) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#read++;
    if (this.#read >= subscriptionCredit / 2) {
      this.#call(2, 'credit', { subscription: this.#id, credit: this.#read });
      this.#read = 0;
    }
    return this.#waiting.shift();
  }

  close(): void {
    this.#socket.close();
    this.#end('closed by its reader');
  }

  #call(id: number, method: string, params: object): void {
    if (this.ended === undefined) this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  }

  #take(text: string): void {
    const message = parse(text);
    if (message === undefined) return this.#abandon('the node sent something else than JSON-RPC');
    if (message.id === 1 && message.error !== undefined) {
      this.refusal = new RpcFailure(message.error);
      return this.#abandon(message.error.message);
    }
    if (message.id === 1) this.#id = message.result?.subscription;
    if (message.method === 'lagged') {
      this.lagged = message.params;
      return this.#abandon('lagged');
    }
    if (message.method !== 'event') return;
    if (this.#waiting.length >= subscriptionCredit)
      return this.#abandon('the node sent more than it was given credit for');
    this.#waiting.push(message.params);
    this.#wake();
  }

  #abandon(reason: string): void {
    this.#end(reason);
    this.#socket.close();
  }

  #end(reason: string): void {
    this.ended ??= reason;
    this.#wake();
  }
}

type Message = {
  readonly id?: number;
  readonly error?: RpcError;
  readonly result?: { readonly subscription: number };
} & ({ readonly method?: undefined } | SubscriptionEvent | SubscriptionLagged);

function parse(text: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? (message as Message) : undefined;
  } catch {
    return undefined;
  }
}
