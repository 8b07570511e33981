// A value of the state in memory. Whoever loaded it keeps the object, so that a block looks each name up once.

import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import type { Account } from './account.ts';

/** A name in the state and its place in the tree. */
export interface StateName {
  readonly key: Bytes;
  readonly path: Hash;
}

export interface HeldValue extends StateName {
  /** undefined: there is none */
  bytes: Bytes | undefined;
  /** what the bytes say, where somebody has read them as an account; nobody changes it */
  account: Account | undefined;
  /** whether it has changed since it was given to the store */
  isUnwritten: boolean;
  /** what a block makes of it; of the last one that touched it */
  draft: Draft | undefined;
}

/** A value in the block that is executed. */
export interface Draft {
  /** the execution that it belongs to */
  readonly of: object;
  readonly held: HeldValue;
  stored: Bytes | undefined;
  /** instead of `stored`, where it is an account; a copy once it has changed */
  account: Account | undefined;
  changed: boolean;
}

/** An entry, its key and its share of the containers. */
const entryBytes = 300;

export const heldBytes = ({ bytes }: HeldValue): number => entryBytes + (bytes?.length ?? 0);
