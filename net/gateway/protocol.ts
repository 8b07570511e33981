// The public interface of a node: JSON-RPC method names, the schemas of their parameters and results, and the names of
// the stream's frames (stream-frames.ts). Pure: the node, the sdk, the command line and the load generator share it.

import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { maxEntryBytes, maxQueryArgumentBytes } from './limits.ts';

export {
  type Answer,
  type ClientFrame,
  type Credit,
  decodeClientFrame,
  decodeNodeFrame,
  encodeClientFrame,
  encodeNodeFrame,
  entryKind,
  entryOffsets,
  type Fault,
  type Goodbye,
  type NodeFrame,
  type Notice,
  type Open,
  type Opened,
  type Place,
  packEntries,
  type StreamFault,
  type Submit,
  streamVersion,
  type Watch,
} from './stream-frames.ts';

export const rpcPath = '/rpc';
export const rpcSocketPath = '/v1/ws';
export const streamPath = '/v1/stream';

const hex = (maxBytes: number) => Type.String({ pattern: '^([0-9a-f]{2})*$', maxLength: 2 * maxBytes });
const hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
const height = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** a chain's id, or its name in this network (`main`, `bench`); the first chain where absent */
const chain = Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }));
const base64Entry = Type.String({ maxLength: Math.ceil(maxEntryBytes / 3) * 4, minLength: 4 });
const traceparent = Type.Optional(Type.String({ maxLength: 64 }));
const closed = { additionalProperties: false };

const receipt = Type.Object({
  /** of the entry's bytes */
  hash,
  /**
   * `accepted`: synced by this node, not final. `committed`: final, see `code`. `refused`: never ordered.
   * `pending`: not final within the time asked for; it may still be.
   * `unknown`: neither known nor in this node's history.
   */
  status: Type.Union([
    Type.Literal('accepted'),
    Type.Literal('committed'),
    Type.Literal('refused'),
    Type.Literal('pending'),
    Type.Literal('unknown'),
  ]),
  /** of the block that ordered it; null unless committed */
  height: Type.Union([height, Type.Null()]),
  /** among the entries of its block; null unless committed */
  index: Type.Union([height, Type.Null()]),
  /** 0 is ok, else the number of a row of lib/errors.ts; null while nothing is known */
  code: Type.Union([Type.Integer(), Type.Null()]),
});
export type Receipt = Static<typeof receipt>;

const block = Type.Object({
  chain: hash,
  height,
  id: hash,
  term: Type.Integer({ minimum: 0 }),
  timeMs: height,
  entries: Type.Integer({ minimum: 0 }),
  execHeight: height,
  stateRoot: hash,
  batches: Type.Array(
    Type.Object({ lane: Type.Integer(), seq: Type.Integer(), digest: hash, count: Type.Integer({ minimum: 0 }) }),
  ),
  /** the encoded header */
  header: hex(64 * 1024),
  /** the encoded commit certificate that covers it, where this node keeps one */
  certificate: Type.Union([hex(1024 * 1024), Type.Null()]),
});
export type BlockAnswer = Static<typeof block>;

const chainStatus = Type.Object({
  chain: hash,
  name: Type.String(),
  application: Type.String(),
  /** of the last block that this node knows to be committed */
  height,
  /** of the last one that it has executed: blocks, receipts and reads without a proof are answered up to here */
  execHeight: height,
  term: Type.Integer({ minimum: 0 }),
  leader: Type.Union([Type.String(), Type.Null()]),
  state: Type.Union([
    Type.Literal('ok'),
    Type.Literal('idle'),
    Type.Literal('slow'),
    Type.Literal('halted'),
    Type.Literal('fenced'),
    Type.Literal('diverged'),
  ]),
  /** whether this validator signs nothing for good, whatever the chain's state is */
  fenced: Type.Boolean(),
  /** names of validators whose links are down */
  missing: Type.Array(Type.String()),
  have: Type.Integer(),
  need: Type.Integer(),
  since: Type.String(),
  sentence: Type.String(),
  remedy: Type.String(),
});
export type ChainStatus = Static<typeof chainStatus>;

const method = <P extends TSchema, R extends TSchema>(params: P, result: R) => ({ params, result });

/** Every method of JSON-RPC with its parameters (an object) and its result. */
export const rpcMethods = {
  /** answers when the entry is `accepted`, or `refused` at admission with the code that says why */
  submit: method(Type.Object({ chain, entry: base64Entry, traceparent }, closed), receipt),
  /** answers when the answering node can read the result, or with `pending` after `timeoutMs` (10 s) */
  submitAndWait: method(
    Type.Object(
      {
        chain,
        entry: base64Entry,
        timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 60_000 })),
        traceparent,
      },
      closed,
    ),
    receipt,
  ),
  /**
   * A read of the ledger. With `prove` the answer waits for a committed header that covers this node's commit height
   * at arrival (or `minHeight`, where that is higher), and carries what a light client verifies.
   */
  query: method(
    Type.Object(
      {
        chain,
        path: Type.String({ pattern: '^[a-z][a-z0-9/-]{0,63}$' }),
        argument: hex(maxQueryArgumentBytes),
        prove: Type.Optional(Type.Boolean()),
        minHeight: Type.Optional(height),
        timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 60_000 })),
      },
      closed,
    ),
    Type.Object({
      chain: hash,
      /** of the state that answered; with a proof, the execHeight of `header` */
      height,
      value: Type.Union([hex(maxEntryBytes), Type.Null()]),
      proof: Type.Union([hex(maxEntryBytes), Type.Null()]),
      /** the encoded header whose state root the proof leads to, and the certificate that commits it */
      header: Type.Union([hex(64 * 1024), Type.Null()]),
      certificate: Type.Union([hex(1024 * 1024), Type.Null()]),
    }),
  ),
  /** of a height that this node has executed; `not-found` above it */
  block: method(Type.Object({ chain, height }, closed), block),
  /** heights `from` upwards, at most `limit` (20); what this node has not executed yet is left out */
  blocks: method(
    Type.Object({ chain, from: height, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })) }, closed),
    Type.Object({ blocks: Type.Array(block) }),
  ),
  validators: method(
    Type.Object({ chain }, closed),
    Type.Object({
      chain: hash,
      epoch: Type.Integer({ minimum: 0 }),
      quorum: Type.Integer({ minimum: 1 }),
      validators: Type.Array(
        Type.Object({
          index: Type.Integer({ minimum: 0 }),
          name: Type.String(),
          nodeId: Type.String(),
          signingKey: hex(64),
          /** whether this node has a link to it now; true for itself */
          connected: Type.Boolean(),
        }),
      ),
    }),
  ),
  /** of all chains where `chain` is absent */
  status: method(
    Type.Object({ chain }, closed),
    Type.Object({
      nodeId: Type.String(),
      name: Type.String(),
      version: Type.String(),
      ready: Type.Boolean(),
      chains: Type.Array(chainStatus),
    }),
  ),
  receipt: method(Type.Object({ chain, hash }, closed), receipt),
  /** the newest checkpoint certificate, encoded; null where none was made yet */
  checkpoint: method(
    Type.Object({ chain }, closed),
    Type.Object({ chain: hash, height, certificate: Type.Union([hex(1024 * 1024), Type.Null()]) }),
  ),
  /** what this node can prove against validators: one piece per validator, kind and epoch */
  evidence: method(
    Type.Object({ chain }, closed),
    Type.Object({
      chain: hash,
      evidence: Type.Array(
        Type.Object({
          kind: Type.String(),
          validator: Type.String(),
          epoch: Type.Integer({ minimum: 0 }),
          detail: Type.String(),
          since: Type.String(),
          /** the signed objects that contradict each other, encoded */
          proof: Type.Array(hex(32 * 1024)),
        }),
      ),
    }),
  ),
} as const;

export type RpcMethod = keyof typeof rpcMethods;
export type RpcParams<M extends RpcMethod> = Static<(typeof rpcMethods)[M]['params']>;
export type RpcResult<M extends RpcMethod> = Static<(typeof rpcMethods)[M]['result']>;

/**
 * Subscriptions exist on the WebSocket only. `credit` counts notifications; at 0 the node keeps a few, then stops the
 * subscription with one `lagged`, which names the cursor to subscribe anew with: nothing is lost, and nobody waits.
 */
export const subscriptionMethods = {
  subscribe: method(
    Type.Object(
      {
        chain,
        topic: Type.Union([Type.Literal('commits'), Type.Literal('blocks'), Type.Literal('events')]),
        /** as in a notification: what follows it is sent; from now on where absent */
        cursor: Type.Optional(Type.String({ maxLength: 64 })),
        credit: Type.Integer({ minimum: 1, maximum: 10_000 }),
        /** events only: a prefix of the event's name */
        filter: Type.Optional(Type.String({ maxLength: 128 })),
      },
      closed,
    ),
    Type.Object({ subscription: Type.Integer() }),
  ),
  credit: method(
    Type.Object({ subscription: Type.Integer(), credit: Type.Integer({ minimum: 1, maximum: 10_000 }) }, closed),
    Type.Object({}),
  ),
  unsubscribe: method(Type.Object({ subscription: Type.Integer() }, closed), Type.Object({})),
} as const;
export type SubscribeParams = Static<(typeof subscriptionMethods)['subscribe']['params']>;
export type Topic = SubscribeParams['topic'];

/** Notifications (JSON-RPC requests without an id) from the node. */
export interface SubscriptionEvent {
  readonly method: 'event';
  readonly params: { readonly subscription: number; readonly cursor: string; readonly data: unknown };
}
export interface SubscriptionLagged {
  readonly method: 'lagged';
  readonly params: { readonly subscription: number; readonly cursor: string | null; readonly missed: number };
}

/** `data` of a JSON-RPC error: the row of lib/errors.ts. */
export interface RpcErrorData {
  readonly code: string;
  readonly name: string;
  readonly remedy: string;
}
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: RpcErrorData;
}

/** Numbers of the JSON-RPC specification; `application` is every error with a PSKY code of its own. */
export const rpcErrorCode = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  application: -32000,
} as const;
