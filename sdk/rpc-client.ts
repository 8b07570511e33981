// JSON-RPC over HTTP to one of several validators: who does not answer is passed over, and the next one is asked.

import { PskyError } from '../lib/errors.ts';
import { type RpcError, type RpcMethod, type RpcParams, type RpcResult, rpcPath } from '../net/gateway/protocol.ts';
import type { Platform } from './platform.ts';

/** A node answered, and said no. */
export class RpcFailure extends Error {
  readonly error: RpcError;
  constructor(error: RpcError) {
    super(error.message);
    this.name = 'RpcFailure';
    this.error = error;
  }
  /** the slug of lib/errors.ts, where there is one */
  get slug(): string | undefined {
    return this.error.data?.name;
  }
}

export interface RpcClientOptions {
  /** base URLs of validators, the preferred one first */
  readonly endpoints: readonly string[];
  readonly platform: Platform;
  /** for one attempt at one node; 15 s unless told otherwise */
  readonly timeoutMs?: number;
}

/** Answers that say "not me, not now": another validator may do better. */
const passOver = new Set([
  'not-ready',
  'node-not-ready',
  'overloaded',
  'gateway-busy',
  'rate-limited',
  'low-disk',
  'node-unreachable',
  'internal-error',
]);

export class RpcClient {
  readonly #endpoints: readonly string[];
  readonly #platform: Platform;
  readonly #timeoutMs: number;
  #preferred = 0;
  #lastId = 0;

  constructor(options: RpcClientOptions) {
    this.#endpoints = options.endpoints.map((url) => url.replace(/\/+$/, ''));
    this.#platform = options.platform;
    this.#timeoutMs = options.timeoutMs ?? 15_000;
  }

  /** the one that is asked first */
  get endpoint(): string {
    return this.#endpoints[this.#preferred] as string;
  }

  /** in the order of the options */
  get endpoints(): readonly string[] {
    return this.#endpoints;
  }

  /** Asks another validator first from now on. */
  moveOn(): void {
    this.#preferred = (this.#preferred + 1) % this.#endpoints.length;
  }

  /**
   * Asks each endpoint once, the preferred one first; who answers becomes the preferred one.
   * @throws RpcFailure where a node refuses; PskyError `answer-too-long`, or `node-unreachable` where none answers
   */
  async call<M extends RpcMethod>(method: M, params: RpcParams<M>, timeoutMs = this.#timeoutMs): Promise<RpcResult<M>> {
    let last: unknown;
    for (let tried = 0; tried < this.#endpoints.length; tried++) {
      try {
        return await this.callOne(this.endpoint, method, params, timeoutMs);
      } catch (error) {
        if (error instanceof RpcFailure && !passOver.has(error.slug ?? '')) throw error;
        last = error;
        this.moveOn();
      }
    }
    if (last instanceof RpcFailure || last instanceof PskyError) throw last;
    throw new PskyError('node-unreachable', `Asked ${this.#endpoints.join(', ')}: ${messageOf(last)}.`);
  }

  /** @throws RpcFailure where the node refuses, and whatever the network throws */
  async callOne<M extends RpcMethod>(
    endpoint: string,
    method: M,
    params: RpcParams<M>,
    timeoutMs = this.#timeoutMs,
  ): Promise<RpcResult<M>> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: ++this.#lastId, method, params });
    const text = await this.#platform.postJson(endpoint + rpcPath, body, timeoutMs);
    const response = JSON.parse(text) as { readonly result?: RpcResult<M>; readonly error?: RpcError };
    if (response.error !== undefined) throw new RpcFailure(response.error);
    if (response.result === undefined) throw new Error('the answer is no JSON-RPC response');
    return response.result;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
