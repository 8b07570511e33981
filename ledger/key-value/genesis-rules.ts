// The rules of a key-value chain, as its genesis states them.

import type { ChainGenesis } from '../../consensus/genesis/index.ts';
import { type SignatureSuite, suiteEd25519 } from '../../lib/suites/suite.ts';
import { accountOf } from '../commands/index.ts';
import type { AccountPolicy, LedgerRules } from './rules.ts';

/** Keys in the genesis are Ed25519 keys; the accounts that they open are listed. */
export function rulesOfGenesis(genesis: ChainGenesis, suites: readonly SignatureSuite[]): LedgerRules {
  const { accounts, bytesPerAccount } = genesis.entry;
  const policy: AccountPolicy =
    accounts.mode === 'open'
      ? { mode: 'open' }
      : { mode: 'listed', accounts: new Set(accounts.publicKeys.map((key) => accountOf(suiteEd25519, key))) };
  return { chain: genesis.chain, accounts: policy, bytesPerAccount, suites };
}
