// How rooms put what they know behind the gateway, which itself knows no ledger and no consensus. Handlers answer by
// callback, once, whenever they can.

import type { TSchema } from '@sinclair/typebox';
import type { Outlet } from '../../actors/index.ts';
import type { Bytes } from '../../lib/bytes.ts';
import type { ErrorName } from '../../lib/errors.ts';
import type { Hash } from '../../lib/hash.ts';
import type { Result } from '../../lib/result.ts';
import type { Action, Principal } from './authorize.ts';
import type { Operation } from './openapi.ts';
import type { NodeFrame, RpcMethod, RpcParams, RpcResult, Submit, SubscribeParams, Topic, Watch } from './protocol.ts';

export interface GatewayFault {
  readonly name: ErrorName;
  readonly detail?: string;
}

export interface RequestContext {
  readonly principal: Principal;
  /** W3C trace context of the request */
  readonly traceparent: string | undefined;
  /** the caller is gone, the answer goes nowhere */
  readonly gone: () => boolean;
}

export type RpcHandler<P, R> = (
  params: P,
  context: RequestContext,
  answer: (outcome: Result<R, GatewayFault>) => void,
) => void;

export interface RpcDefinition {
  readonly params: TSchema;
  readonly action: Action;
}

/** What a subscription's source does with its subscriber. */
export interface Subscriber {
  /** @param cursor what the client gives back to go on behind this. @returns false when it can take no more: it was told `lagged` */
  push(cursor: string, data: unknown): boolean;
  /** the source itself cannot go on, for instance because the cursor's history is pruned */
  lagged(missed: number, cursor: string | null): void;
}

export interface TopicSource {
  /** @returns how to stop, or why there is no such subscription */
  open(params: SubscribeParams, subscriber: Subscriber): Result<{ close(): void }, GatewayFault>;
}

/** One client's stream. As an outlet it takes one encoded NodeFrame per write, so that answers can pass the gate. */
export interface StreamSession extends Outlet {
  readonly principal: Principal;
  /** as the client named it; '' is the first chain */
  readonly chain: string;
  /** Answers the client's Open; Submits come after it. */
  opened(chain: Hash, height: number): void;
  send(frame: NodeFrame): void;
  /** The handler is done with so many bytes of Submits: the client gets them back as credit. */
  consumed(bytes: number): void;
  fail(fault: GatewayFault, frame?: number): void;
  close(reason: string): void;
}

export interface StreamEvents {
  /**
   * @param offsets where entries begin (see `entryOffsets`); `submit.entries` stays valid as long as it is referred to
   * @param bytes to give to `consumed`
   */
  submit(submit: Submit, offsets: Uint32Array, bytes: number): void;
  watch(watch: Watch): void;
  closed(): void;
}

export interface StreamHandler {
  /** @returns why the stream cannot be opened, or who takes its frames */
  open(session: StreamSession): Result<StreamEvents, GatewayFault>;
}

export interface RouteRequest {
  readonly params: Readonly<Record<string, string>>;
  /** a list where a name is repeated */
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly contentType: string | undefined;
  /** the header */
  readonly accept: string | undefined;
  readonly body: Bytes;
  readonly context: RequestContext;
}

export interface RouteAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Bytes;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** as OpenAPI writes them: `/v1/blocks/{height}` */
  readonly path: string;
  readonly action: Action;
  /** what the action is about */
  readonly resource: string;
  /** whether pages of the origins that the operator lists may use it */
  readonly crossOrigin: boolean;
  /** what the OpenAPI file says of it */
  readonly operation: Operation;
  /** bytes; 0 for routes without a body */
  readonly bodyLimit: number;
  readonly contentTypes: readonly string[];
  handle(request: RouteRequest, answer: (outcome: Result<RouteAnswer, GatewayFault>) => void): void;
}

/** A part of the node that must be well for the node to be ready. */
export interface ReadyCheck {
  readonly name: string;
  check(): { readonly ok: boolean; readonly detail: string };
}

export interface Gateway {
  /** A method of the protocol, over JSON-RPC and REST: parameters are checked before the handler sees them. */
  registerMethod<M extends RpcMethod>(name: M, handler: RpcHandler<RpcParams<M>, RpcResult<M>>): void;
  registerTopic(topic: Topic, source: TopicSource): void;
  registerStream(handler: StreamHandler): void;
  registerRoute(route: Route): void;
  registerReadyCheck(check: ReadyCheck): void;
  /** Registration ends here. */
  start(done: (fault: GatewayFault | undefined, addresses: GatewayAddresses | undefined) => void): void;
  /** No new requests and streams; those that are open hear Goodbye. */
  drain(reason: string): void;
  close(done: () => void): void;
}

export interface GatewayAddresses {
  /** `http://127.0.0.1:27651`, no trailing slash */
  readonly rpc: string;
  /** with its path: `http://127.0.0.1:27652/metrics`; undefined where there is none */
  readonly metrics: string | undefined;
}
