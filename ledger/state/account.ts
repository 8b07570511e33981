// An account: who may sign for it, which nonces it has used, what it keeps in the state. Encoded as a canonical tuple
// [1, [[suite, key], …], highest nonce, window, used bytes], it is itself an entry of the state and can be proved.

import { present } from '../../lib/assert.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { decode, type Encodable } from '../../lib/codec.ts';
import { arrayLength, bytesLength, CodecWriter, uintLength } from '../../lib/codec-writer.ts';
import type { ErrorName } from '../../lib/errors.ts';
import { bytes, list, misfit, tuple, uint } from '../../lib/shape.ts';
import { maxAccountKeys, nonceWindow } from '../limits.ts';
import type { HeldValue } from './held-value.ts';

export interface AccountKey {
  readonly suite: number;
  readonly key: Bytes;
}

export interface Account {
  readonly keys: readonly AccountKey[];
  /** 0: none used yet; nonces begin at 1 */
  highestNonce: number;
  /** one bit per nonce in [highest − 1024, highest − 1], at the nonce modulo 1024 */
  readonly window: Uint8Array;
  /** keys, values and overhead of its entries */
  usedBytes: number;
}

const formatVersion = 1;
const windowBytes = nonceWindow / 8;

export function newAccount(first: AccountKey): Account {
  return { keys: [first], highestNonce: 0, window: new Uint8Array(windowBytes), usedBytes: 0 };
}

/** @returns undefined when the nonce may be used now */
export function judgeNonce(
  account: Account,
  nonce: number,
): Extract<ErrorName, 'nonce-used' | 'nonce-too-old' | 'nonce-too-far'> | undefined {
  if (nonce > account.highestNonce + nonceWindow) return 'nonce-too-far';
  if (nonce > account.highestNonce) return undefined;
  if (nonce < account.highestNonce - nonceWindow) return 'nonce-too-old';
  return isUsed(account, nonce) ? 'nonce-used' : undefined;
}

/** Whether a command with this nonce has been executed; below the window all count as used. */
export function isUsed(account: Account, nonce: number): boolean {
  if (nonce > account.highestNonce) return false;
  if (nonce === account.highestNonce || nonce < account.highestNonce - nonceWindow) return true;
  const bit = nonce % nonceWindow;
  return (((account.window[bit >> 3] as number) >> (bit & 7)) & 1) === 1;
}

/** @param nonce one that `judgeNonce` lets pass */
export function useNonce(account: Account, nonce: number): void {
  if (nonce < account.highestNonce) return setBit(account.window, nonce, true);
  const previous = account.highestNonce;
  for (let passed = previous; passed < nonce; passed++)
    setBit(account.window, passed, passed === previous && passed > 0);
  account.highestNonce = nonce;
}

function setBit(window: Uint8Array, nonce: number, used: boolean): void {
  const bit = nonce % nonceWindow;
  const mask = 1 << (bit & 7);
  const byte = window[bit >> 3] as number;
  window[bit >> 3] = used ? byte | mask : byte & ~mask;
}

const accountShape = tuple<
  Omit<Account, 'highestNonce' | 'usedBytes'> & { highestNonce: number; usedBytes: number; format: number }
>({
  format: uint(formatVersion),
  keys: list(tuple<AccountKey>({ suite: uint(255), key: bytes(2048, 1) }), maxAccountKeys),
  highestNonce: uint(),
  window: bytes(windowBytes, windowBytes),
  usedBytes: uint(2 ** 53 - 1),
});

/** As the shape says. */
export function encodeAccount({ keys, highestNonce, window, usedBytes }: Account): Bytes {
  let length = 1 + uintLength(formatVersion) + arrayLength(keys.length);
  for (const { suite, key } of keys) length += 1 + uintLength(suite) + bytesLength(key.length);
  length += uintLength(highestNonce) + bytesLength(window.length) + uintLength(usedBytes);
  const bytes = new Uint8Array(length);
  const writer = new CodecWriter(bytes).array(5).uint(formatVersion).array(keys.length);
  for (const { suite, key } of keys) writer.array(2).uint(suite).bytes(key);
  writer.uint(highestNonce).bytes(window).uint(usedBytes);
  return bytes;
}

/** The account in a value of the state, undefined where there is none. It is shared: whoever changes it takes a copy. */
export function accountOf(held: HeldValue): Account | undefined {
  held.account ??= readAccount(held.bytes);
  return held.account;
}

/** @param stored what the state holds for it */
export function readAccount(stored: Bytes | undefined): Account | undefined {
  if (stored === undefined) return undefined;
  return present(decodeAccount(stored), 'we know the format of our accounts');
}

export const copyAccount = (account: Account): Account => ({
  keys: account.keys,
  highestNonce: account.highestNonce,
  window: account.window.slice(),
  usedBytes: account.usedBytes,
});

/** @returns undefined when the bytes are no account of a known format */
export function decodeAccount(encoded: Bytes): Account | undefined {
  const decoded = decode(encoded);
  const read = decoded.ok ? accountShape.read(decoded.value as Encodable) : misfit;
  if (read === misfit || read.format !== formatVersion) return undefined;
  const { keys, highestNonce, window, usedBytes } = read;
  return { keys, highestNonce, window: Uint8Array.from(window), usedBytes };
}
