// Executes commands on values in memory: no reads that wait, no clock, no randomness. All nodes get the same outcome.

import { Arena } from '../../lib/arena.ts';
import { assert, present } from '../../lib/assert.ts';
import { type Bytes, equalBytes } from '../../lib/bytes.ts';
import { type ErrorName, errorRow } from '../../lib/errors.ts';
import type { Hash } from '../../lib/hash.ts';
import type { Operation, ReceivedCommand } from '../commands/index.ts';
import { entryOverheadBytes } from '../limits.ts';
import type { LedgerEvent, OperationFailure } from '../receipt.ts';
import { type Account, decodeAccount, encodeAccount, isUsed, newAccount, useNonce } from '../state/account.ts';
import { accountKey, unwrapValue, valueKeysOf, wrapValue } from '../state/keys.ts';
import { nameOf, type StateChange, type StateName } from '../state/state.ts';
import { judgeEnvelope, judgeSender, type LedgerRules } from './rules.ts';

/** A command with the names that it touches, worked out once. */
export interface PreparedCommand {
  readonly command: ReceivedCommand;
  readonly account: StateName;
  /** one per operation */
  readonly names: readonly StateName[];
}

export interface Outcome {
  readonly code: number;
  /** whether it used its nonce; if not, it had no effect at all */
  readonly executed: boolean;
  readonly failures: readonly OperationFailure[];
  readonly events: readonly LedgerEvent[];
}

export function prepare(command: ReceivedCommand): PreparedCommand {
  const keyOf = valueKeysOf(command.actor);
  return {
    command,
    account: nameOf(accountKey(command.actor)),
    names: command.operations.map((operation) => nameOf(keyOf(operation.key))),
  };
}

/** A value in the block: as it is now, and whether it has to be written. */
interface Slot {
  readonly name: StateName;
  stored: Bytes | undefined;
  changed: boolean;
}

interface AccountSlot {
  readonly name: StateName;
  account: Account | undefined;
  changed: boolean;
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
  private readonly peek: (path: Hash) => Bytes | undefined;
  /** of the values that the block writes */
  private readonly arena = new Arena();
  private readonly slots = new Map<Hash, Slot>();
  private readonly accounts = new Map<Hash, AccountSlot>();

  /** @param peek the value at a path before the block; everything that the block names has been loaded */
  constructor(rules: LedgerRules, timeMs: number, peek: (path: Hash) => Bytes | undefined) {
    this.rules = rules;
    this.timeMs = timeMs;
    this.peek = peek;
  }

  /** @param signed whether the signature is good */
  run(prepared: PreparedCommand, signed: boolean): Outcome {
    const { command } = prepared;
    const misplaced = judgeEnvelope(this.rules, command, this.timeMs);
    if (misplaced !== undefined) return refusedWith(misplaced);
    if (!signed) return refusedWith('bad-signature');
    const slot = this.accountSlot(prepared.account);
    const unfit = judgeSender(this.rules, command, slot.account);
    if (unfit !== undefined) return refusedWith(unfit);
    slot.account ??= newAccount({ suite: command.suite, key: Uint8Array.from(command.publicKey) });
    slot.changed = true;
    const follows = command.after === null || isUsed(slot.account, command.after);
    useNonce(slot.account, command.nonce);
    if (!follows) return { ...refusedWith('after-missing'), executed: true };
    return this.runOperations(prepared, slot.account);
  }

  private runOperations(prepared: PreparedCommand, account: Account): Outcome {
    const { operations, atomic } = prepared.command;
    const failures: OperationFailure[] = [];
    const events: LedgerEvent[] = [];
    const before =
      atomic && operations.length > 1 ? { slots: [] as [Slot, Slot][], usedBytes: account.usedBytes } : null;
    for (let i = 0; i < operations.length; i++) {
      const operation = operations[i] as Operation;
      const slot = this.slot(prepared.names[i] as StateName);
      before?.slots.push([slot, { ...slot }]);
      const failed = this.runOperation(operation, slot, account);
      if (failed === undefined) {
        events.push({ topic: slot.stored === undefined ? 'delete' : 'put', data: operation.key });
        continue;
      }
      failures.push({ operation: i, code: codeOf(failed) });
      if (before !== null) break;
    }
    if (failures.length === 0) return { code: 0, executed: true, failures, events };
    if (before !== null) {
      for (const [slot, kept] of before.slots.reverse()) {
        slot.stored = kept.stored;
        slot.changed = kept.changed;
      }
      account.usedBytes = before.usedBytes;
      return { code: codeOf('bundle-aborted'), executed: true, failures, events: nothing };
    }
    if (operations.length > 1) return { code: codeOf('bundle-partial'), executed: true, failures, events };
    return { code: (failures[0] as OperationFailure).code, executed: true, failures: nothing, events: nothing };
  }

  private runOperation(operation: Operation, slot: Slot, account: Account): ErrorName | undefined {
    if (operation.kind === 'compare-and-set' && !this.holds(slot, operation.expected)) return 'compare-failed';
    const value = operation.kind === 'delete' ? null : operation.value;
    const stored = value === null ? undefined : wrapValue(value, this.arena);
    const usedBytes = account.usedBytes + sizeOf(operation.key, stored) - sizeOf(operation.key, slot.stored);
    if (usedBytes > this.rules.bytesPerAccount && usedBytes > account.usedBytes) return 'quota-exceeded';
    account.usedBytes = usedBytes;
    slot.stored = stored;
    slot.changed = true;
    return undefined;
  }

  private holds(slot: Slot, expected: Bytes | null): boolean {
    if (slot.stored === undefined || expected === null) return slot.stored === undefined && expected === null;
    return equalBytes(present(unwrapValue(slot.stored), 'we know the format of what we stored'), expected);
  }

  private slot(name: StateName): Slot {
    let slot = this.slots.get(name.path);
    if (slot === undefined) {
      slot = { name, stored: this.peek(name.path), changed: false };
      this.slots.set(name.path, slot);
    }
    return slot;
  }

  private accountSlot(name: StateName): AccountSlot {
    let slot = this.accounts.get(name.path);
    if (slot === undefined) {
      const stored = this.peek(name.path);
      const account = stored === undefined ? undefined : decodeAccount(stored);
      assert((stored === undefined) === (account === undefined), 'we know the format of our accounts');
      slot = { name, account, changed: false };
      this.accounts.set(name.path, slot);
    }
    return slot;
  }

  /** What the block changed. */
  changes(): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const { name, account, changed } of this.accounts.values()) {
      if (changed) changes.push({ ...name, value: encodeAccount(present(account, 'a changed account exists')) });
    }
    for (const { name, stored, changed } of this.slots.values()) {
      if (changed && !(stored === undefined && this.peek(name.path) === undefined))
        changes.push({ ...name, value: stored });
    }
    return changes;
  }
}

const sizeOf = (key: Bytes, stored: Bytes | undefined): number =>
  stored === undefined ? 0 : key.length + stored.length + entryOverheadBytes;
