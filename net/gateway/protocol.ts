// The public interface of a node, as one door: methods (methods.ts), subscriptions (topics.ts), the values in both
// (schemas.ts), and the frames of the stream (stream-frames.ts). Pure: the node, the sdk, the command line and the load
// generator share it.

export { type RpcMethod, type RpcParams, type RpcResult, rpcMethods } from './methods.ts';
export type { BlockAnswer, ChainStatus, Receipt } from './schemas.ts';
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
export {
  type SubscribeParams,
  type SubscriptionEvent,
  type SubscriptionLagged,
  subscriptionMethods,
  type Topic,
  type TopicData,
  topics,
} from './topics.ts';

export const rpcPath = '/rpc';
export const rpcSocketPath = '/v1/ws';
export const streamPath = '/v1/stream';
export const openapiPath = '/openapi.json';

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
