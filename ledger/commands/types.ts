// What a client asks for: operations under one signature, by one account, once.

import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';

/** One change under the account's own namespace. */
export type Operation =
  | { readonly kind: 'put'; readonly key: Bytes; readonly value: Bytes }
  | { readonly kind: 'delete'; readonly key: Bytes }
  /** null: expected to be absent, or to be deleted */
  | {
      readonly kind: 'compare-and-set';
      readonly key: Bytes;
      readonly expected: Bytes | null;
      readonly value: Bytes | null;
    };

/**
 * A command; with more than one operation it is a bundle. Atomic: all operations take effect or none. Independent: each
 * stands for itself. Operations run in their order.
 */
export interface Command {
  readonly chain: Hash;
  /** null: the account that the signing key opened, or opens now */
  readonly account: Hash | null;
  /** from 1; each is used once */
  readonly nonce: number;
  /** block time, milliseconds since 1970; ordered later it has no effect */
  readonly expiryMs: number;
  /** a nonce that must have been used before, or null */
  readonly after: number | null;
  readonly atomic: boolean;
  readonly operations: readonly Operation[];
}

export interface SignedCommand extends Command {
  readonly suite: number;
  readonly publicKey: Bytes;
  readonly signature: Bytes;
}

/** A command as it was received. */
export interface ReceivedCommand extends SignedCommand {
  readonly hash: Hash;
  /** the account that it acts for */
  readonly actor: Hash;
  /** the fields as they stand in the entry, which the signature covers; a view */
  readonly unsigned: Bytes;
  /** of the whole entry */
  readonly size: number;
}
