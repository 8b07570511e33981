// Names inside the authenticated state: module ‖ account ‖ key. The tree places a name by its SHA-256.

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
  return concatBytes([keyValueByte, hashToBytes(account), key]);
}

/** What the state holds for a value: one format byte, so that an empty value is not an absent one. */
export function wrapValue(value: Bytes): Bytes {
  return concatBytes([valueFormat, value]);
}

const valueFormat = Uint8Array.of(0);

/** @returns undefined when the format is unknown */
export function unwrapValue(stored: Bytes): Bytes | undefined {
  return stored[0] === valueFormat[0] ? stored.subarray(1) : undefined;
}
