// The client side of PrivateSky, for Node and browsers. Drivers (sdk/drivers) bring the platform.

export { accountOf, type Operation, type SignedEntry, signCommand } from '../ledger/commands/index.ts';
export { type Account, decodeAccount, decodeReceipt, type LedgerEvent, unwrapValue } from '../ledger/proof/index.ts';
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
export type { Platform } from './platform.ts';
export { RpcClient, RpcFailure } from './rpc-client.ts';
export {
  type OpenStreamSocket,
  StreamClient,
  type StreamClientOptions,
  type StreamEvents,
  type StreamSocket,
} from './stream-client.ts';
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
