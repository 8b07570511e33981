// What decides whether a command may run, in one place for admission and execution: chain, time, key, nonce.

import { equalBytes } from '../../lib/bytes.ts';
import type { ErrorName } from '../../lib/errors.ts';
import type { Hash } from '../../lib/hash.ts';
import type { SignatureSuite } from '../../lib/suites/suite.ts';
import { accountOf, type ReceivedCommand } from '../commands/index.ts';
import { maxExpiryAheadMs, nonceWindow } from '../limits.ts';
import { type Account, judgeNonce } from '../state/account.ts';

/** Who may have an account: anyone, or the keys that the genesis lists (as account ids). */
export type AccountPolicy =
  | { readonly mode: 'open' }
  | { readonly mode: 'listed'; readonly accounts: ReadonlySet<Hash> };

export interface LedgerRules {
  readonly chain: Hash;
  readonly accounts: AccountPolicy;
  /** what one account may keep in the state */
  readonly bytesPerAccount: number;
  readonly suites: readonly SignatureSuite[];
}

/** @param timeMs block time, at admission the later of the last block's and the clock's */
export function judgeEnvelope(rules: LedgerRules, command: ReceivedCommand, timeMs: number): ErrorName | undefined {
  if (command.chain !== rules.chain) return 'wrong-chain';
  if (command.expiryMs < timeMs) return 'expired';
  if (command.expiryMs > timeMs + maxExpiryAheadMs) return 'expiry-too-far';
  return undefined;
}

/** @param account undefined: it does not exist yet, and the command may open it */
export function judgeSender(
  rules: LedgerRules,
  command: ReceivedCommand,
  account: Account | undefined,
): ErrorName | undefined {
  if (account === undefined) return judgeOpening(rules, command);
  const { suite, publicKey } = command;
  if (!account.keys.some((each) => each.suite === suite && equalBytes(each.key, publicKey))) return 'wrong-key';
  return judgeNonce(account, command.nonce);
}

function judgeOpening(rules: LedgerRules, command: ReceivedCommand): ErrorName | undefined {
  const { suite, publicKey, actor, account } = command;
  if (account !== null && account !== accountOf(suite, publicKey)) return 'unknown-account';
  if (rules.accounts.mode === 'listed' && !rules.accounts.accounts.has(actor)) return 'unknown-account';
  const safe = rules.suites.some((each) => each.suite === suite && each.isSafePublicKey(publicKey));
  if (!safe) return 'unsafe-key';
  return command.nonce > nonceWindow ? 'nonce-too-far' : undefined;
}
