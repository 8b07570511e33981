// The client side of PrivateSky, for Node and browsers. Drivers (sdk/drivers) bring the platform.

export { formatNetwork, type NetworkGenesis, parseNetwork } from '../consensus/genesis/index.ts';
export { accountOf, type Operation, type SignedEntry, signCommand } from '../ledger/commands/index.ts';
export { type Account, decodeAccount, decodeReceipt, type LedgerEvent, unwrapValue } from '../ledger/proof/index.ts';
export { toBase64 } from '../lib/base64.ts';
export { fromHex, fromUtf8, toHex, toUtf8 } from '../lib/bytes.ts';
export { days, hours, type Ms, milliseconds, minutes, seconds } from '../lib/units.ts';
export type { Receipt, Topic, TopicData } from '../net/gateway/protocol.ts';
export {
  agent,
  atLeast,
  type Builder,
  between,
  type Choreography,
  chain,
  client,
  end,
  group,
  never,
  only,
  shared,
  swarm,
} from '../swarms/index.ts';
export type { Interceptor, Kept, PhaseContext, PhaseSeen, PhaseVerdict, Run } from '../swarms/run/index.ts';
export { Client, type ClientOptions, type CommandOptions, type ReadOptions, type SendOptions } from './client.ts';
export {
  type CommittedHeader,
  type LightClient,
  type LightClientOptions,
  type LightFault,
  lightClient,
  type QueryResult,
  type VerifiedState,
} from './light-client.ts';
export type { Platform, TextSocket, TextSocketEvents } from './platform.ts';
export { RpcClient, RpcFailure } from './rpc-client.ts';
export {
  encodeSubmit,
  type OpenStreamSocket,
  StreamClient,
  type StreamClientOptions,
  type StreamEvents,
  type StreamSocket,
} from './stream-client.ts';
export { type Notification, type SubscribeOptions } from './subscription.ts';
export {
  inspectKeyFile,
  type KeyFileInfo,
  keyOfSeed,
  newKey,
  openKey,
  plainDevKey,
  sealKey,
  type WalletFault,
  type WalletKey,
} from './wallet.ts';
