// What other rooms may use of net/. Drivers (sockets, HTTP, certificates) are imported by drivers.ts, cli, test and bench
// directly; the client protocol is net/gateway/protocol.ts.

export { type Budget, createBudget } from './budget.ts';
export { encodeHeader, encodePrefix, readHeader, wireKind } from './frame.ts';
export { createFrameCheck, type FrameCheck } from './frame-check.ts';
export type { AccessPolicy, Action, Principal } from './gateway/authorize.ts';
export type {
  Gateway,
  GatewayAddresses,
  GatewayFault,
  ReadyCheck,
  RequestContext,
  Route,
  RpcHandler,
  StreamEvents,
  StreamHandler,
  StreamSession,
  Subscriber,
  TopicSource,
} from './gateway/ports.ts';
export {
  maxBulkBodyBytes,
  maxBulkHeaderBytes,
  maxControlFrameBytes,
  maxOutboundBytes,
  maxWireMessageBytes,
} from './limits.ts';
export { createLinks } from './links.ts';
export { createMemoryHub, type MemoryHub } from './memory-transport.ts';
export { netMetrics } from './metrics.ts';
export { peerMachine } from './peer-machine.ts';
export type {
  ActorHost,
  Channel,
  Connection,
  ConnectionEvents,
  FollowerPolicy,
  FrameChannel,
  LinkMessage,
  Links,
  LinksHandle,
  LinksOptions,
  NodeId,
  PeerAddress,
  PeerRole,
  PeerStatus,
  RoundTrips,
  Transport,
  TransportFault,
} from './ports.ts';
