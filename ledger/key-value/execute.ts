// Executes commands on values in memory: no reads that wait, no clock, no randomness. All nodes get the same outcome.

import { Arena } from '../../lib/arena.ts';
import { present } from '../../lib/assert.ts';
import { type Bytes, equalBytes } from '../../lib/bytes.ts';
import { type ErrorName, errorRow } from '../../lib/errors.ts';
import type { Operation, ReceivedCommand } from '../commands/index.ts';
import { entryOverheadBytes } from '../limits.ts';
import type { LedgerEvent, OperationFailure } from '../receipt.ts';
import { type Account, accountOf, copyAccount, encodeAccount, isUsed, newAccount, useNonce } from '../state/account.ts';
import type { Draft, HeldValue, StateName } from '../state/held-value.ts';
import { accountKey, unwrapValue, valueKeysOf, wrapValue } from '../state/keys.ts';
import { nameOf, type StateChange } from '../state/state.ts';
import { judgeEnvelope, judgeSender, type LedgerRules } from './rules.ts';

export interface Outcome {
  readonly code: number;
  /** whether it used its nonce; if not, it had no effect at all */
  readonly executed: boolean;
  readonly failures: readonly OperationFailure[];
  readonly events: readonly LedgerEvent[];
}

/** What a command touches: its account, then a name per operation. */
export function namesOf(command: ReceivedCommand): readonly StateName[] {
  const keyOf = valueKeysOf(command.actor);
  const names = [nameOf(accountKey(command.actor))];
  for (const { key } of command.operations) names.push(nameOf(keyOf(key)));
  return names;
}

const nothing: readonly never[] = [];
const codeOf = (name: ErrorName): number => errorRow(name).code;
export const refusedWith = (name: ErrorName): Outcome => ({
  code: codeOf(name),
  executed: false,
  failures: nothing,
  events: nothing,
});

/** The execution of one block. */
export class BlockExecution {
  private readonly rules: LedgerRules;
  private readonly timeMs: number;
  /** of the values that the block writes */
  private readonly arena = new Arena();
  /** each value that a command touched, once */
  private readonly drafts: Draft[] = [];

  constructor(rules: LedgerRules, timeMs: number) {
    this.rules = rules;
    this.timeMs = timeMs;
  }

  /**
   * @param signed whether the signature is good
   * @param held what the command touches, in the order of `namesOf`, from place `first`
   */
  run(command: ReceivedCommand, signed: boolean, held: readonly HeldValue[], first: number): Outcome {
    const misplaced = judgeEnvelope(this.rules, command, this.timeMs);
    if (misplaced !== undefined) return refusedWith(misplaced);
    if (!signed) return refusedWith('bad-signature');
    const draft = this.draft(held[first] as HeldValue);
    if (!draft.changed) draft.account = accountOf(draft.held);
    const unfit = judgeSender(this.rules, command, draft.account);
    if (unfit !== undefined) return refusedWith(unfit);
    const account = openAccount(draft, command);
    const follows = command.after === null || isUsed(account, command.after);
    useNonce(account, command.nonce);
    if (!follows) return { ...refusedWith('after-missing'), executed: true };
    return this.runOperations(command, account, held, first + 1);
  }

  private runOperations(
    command: ReceivedCommand,
    account: Account,
    held: readonly HeldValue[],
    first: number,
  ): Outcome {
    const { operations, atomic } = command;
    const failures: OperationFailure[] = [];
    const events: LedgerEvent[] = [];
    const before = atomic && operations.length > 1 ? { drafts: [] as Draft[], usedBytes: account.usedBytes } : null;
    for (let i = 0; i < operations.length; i++) {
      const operation = operations[i] as Operation;
      const draft = this.draft(held[first + i] as HeldValue);
      before?.drafts.push({ ...draft });
      const failed = this.runOperation(operation, draft, account);
      if (failed === undefined) {
        events.push({ topic: draft.stored === undefined ? 'delete' : 'put', data: operation.key });
        continue;
      }
      failures.push({ operation: i, code: codeOf(failed) });
      if (before !== null) break;
    }
    if (failures.length === 0) return { code: 0, executed: true, failures, events };
    if (before !== null) {
      for (const kept of before.drafts.reverse()) Object.assign(this.draft(kept.held), kept);
      account.usedBytes = before.usedBytes;
      return { code: codeOf('bundle-aborted'), executed: true, failures, events: nothing };
    }
    if (operations.length > 1) return { code: codeOf('bundle-partial'), executed: true, failures, events };
    return { code: (failures[0] as OperationFailure).code, executed: true, failures: nothing, events: nothing };
  }

  private runOperation(operation: Operation, draft: Draft, account: Account): ErrorName | undefined {
    if (operation.kind === 'compare-and-set' && !holds(draft, operation.expected)) return 'compare-failed';
    const value = operation.kind === 'delete' ? null : operation.value;
    const stored = value === null ? undefined : wrapValue(value, this.arena);
    const usedBytes = account.usedBytes + sizeOf(operation.key, stored) - sizeOf(operation.key, draft.stored);
    if (usedBytes > this.rules.bytesPerAccount && usedBytes > account.usedBytes) return 'quota-exceeded';
    account.usedBytes = usedBytes;
    draft.stored = stored;
    draft.changed = true;
    return undefined;
  }

  private draft(held: HeldValue): Draft {
    if (held.draft?.of === this) return held.draft;
    const draft = { of: this, held, stored: held.bytes, account: undefined, changed: false };
    held.draft = draft;
    this.drafts.push(draft);
    return draft;
  }

  /** What the block changed; the execution ends with it. */
  changes(): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const { held, stored, account, changed } of this.drafts) {
      held.draft = undefined;
      if (!changed) continue;
      const value = account === undefined ? stored : encodeAccount(account);
      if (value !== undefined || held.bytes !== undefined) changes.push({ held, value, account });
    }
    return changes;
  }
}

/** @returns the account that the command changes: the draft's own */
function openAccount(draft: Draft, { suite, publicKey }: ReceivedCommand): Account {
  if (draft.account === undefined) draft.account = newAccount({ suite, key: Uint8Array.from(publicKey) });
  else if (!draft.changed) draft.account = copyAccount(draft.account);
  draft.changed = true;
  return draft.account;
}

function holds({ stored }: Draft, expected: Bytes | null): boolean {
  if (stored === undefined || expected === null) return stored === undefined && expected === null;
  return equalBytes(present(unwrapValue(stored), 'we know the format of what we stored'), expected);
}

const sizeOf = (key: Bytes, stored: Bytes | undefined): number =>
  stored === undefined ? 0 : key.length + stored.length + entryOverheadBytes;
