// Names inside the authenticated state: module ‖ account ‖ key. The tree places a name by its SHA-256.

import type { Arena } from '../../lib/arena.ts';
import { type Bytes, concatBytes } from '../../lib/bytes.ts';
import { type Hash, hashToBytes } from '../../lib/hash.ts';

/** One byte each; a module owns everything below its number. */
export const stateModules = { accounts: 0, keyValue: 1 } as const;

const accountsByte = Uint8Array.of(stateModules.accounts);
const keyValueByte = Uint8Array.of(stateModules.keyValue);

/** keys, nonces and usage of an account */
export function accountKey(account: Hash): Bytes {
  return concatBytes([accountsByte, hashToBytes(account)]);
}

/** an entry that the account put */
export function valueKey(account: Hash, key: Bytes): Bytes {
  return valueKeysOf(account)(key);
}

/** The same for many entries of one account. */
export function valueKeysOf(account: Hash): (key: Bytes) => Bytes {
  const prefix = concatBytes([keyValueByte, hashToBytes(account)]);
  return (key) => concatBytes([prefix, key]);
}

const valueFormat = 0;

/** What the state holds for a value: one format byte, so that an empty value is not an absent one. */
export function wrapValue(value: Bytes, arena: Arena): Bytes {
  const stored = arena.take(1 + value.length);
  stored[0] = valueFormat;
  stored.set(value, 1);
  return stored;
}

/** @returns undefined when the format is unknown */
export function unwrapValue(stored: Bytes): Bytes | undefined {
  return stored[0] === valueFormat ? stored.subarray(1) : undefined;
}
