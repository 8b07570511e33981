// The network file and what follows from it; pure, and open to clients too.

export { type ChainGenesis, chainGenesis } from './chain-genesis.ts';
export { formatNetwork } from './format-network.ts';
export {
  type ChainEntry,
  type FollowerPolicy,
  type NetworkGenesis,
  parseNetwork,
  type ValidatorEntry,
} from './network.ts';
