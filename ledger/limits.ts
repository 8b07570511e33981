// Every bound of the ledger, with its arithmetic and what happens there. Sizes that a client chooses are checked before
// anything is allocated for them.

import { KiB, MiB, type Ms, minutes, seconds } from '../lib/units.ts';

/** A command with one operation. Larger: refused (`malformed-command`). */
export const maxCommandBytes = 64 * KiB;

/** A command with several operations (a bundle): 1,000 puts of 1 KiB each. Larger: refused. */
export const maxBundleBytes = 1 * MiB;

/** Operations under one signature: at 40 µs a verification and 15 µs a put, the signature is then lost in the noise. */
export const maxOperations = 1_000;

/** Room for later suites: ML-DSA-65 has keys of 1,952 bytes and signatures of 3,309. Larger: refused (`malformed-command`). */
export const maxPublicKeyBytes = 2 * KiB;
export const maxSignatureBytes = 4 * KiB;

/** Bytes of a key, at least 1. Longer: refused (`key-too-large`). */
export const maxKeyBytes = 256;

/** Bytes of a value. With its key and the signature it stays below `maxCommandBytes`. Longer: refused (`value-too-large`). */
export const maxValueBytes = 32 * KiB;

/** Nonces below the highest one that an account remembers, and how far a new one may run ahead. Beyond: refused. */
export const nonceWindow = 1_024;

/** How far ahead of block time a command may expire. Beyond: refused (`expiry-too-far`). */
export const maxExpiryAheadMs: Ms = minutes(10);

/** What the sdk asks for when the caller says nothing. */
export const defaultExpiryAheadMs: Ms = seconds(60);

/** Keys of one account. */
export const maxAccountKeys = 16;

/** What an entry of the state costs its account beside its key and value: paths, hashes and tree nodes. */
export const entryOverheadBytes = 96;

/** Bytes of a proof: 256 siblings of 32 bytes, a bitmap of 32 bytes, another leaf of 64 bytes and the framing. Larger: refused. */
export const maxProofBytes = 10 * KiB;

/** Older states that still answer (§ E1: a header's execHeight is at most 256 blocks behind). */
export const keptHeights = 256;

/** Heights whose roots stay on record, so that consensus can judge the claims of old headers: 2 × 256 and some. Older: deleted. */
export const keptRoots = 600;

/** Bytes of replaced pages and values kept for older states: about 2 s at 20,000 puts/s. Beyond: the oldest height goes. */
export const maxUndoBytes = 32 * MiB;

/** What blocks have changed and the store does not hold yet, values and pages as they are in memory: some 15,000 values of 512 bytes with theirs. Beyond: it is written before the next block. */
export const maxUnwrittenBytes = 24 * MiB;

/** How long a change may wait to be written with others: a crash meanwhile costs a node the execution of these blocks again. */
export const unwrittenMs: Ms = seconds(3);

/** Tree pages in memory: at 2.4 KB in full and 0.6 KB with three leaves some 60,000 of a large tree. Beyond: the least recently used go. */
export const maxPageCacheBytes = 48 * MiB;

/** Memory that sparse pages of one block share: the last one of them that is in use holds all of it, so it is small. */
export const sparseChunkBytes = 16 * KiB;

/** Values in memory, accounts above all: at 0.8 KB a value of 512 bytes some 50,000. Beyond: the least recently used go. */
export const maxValueCacheBytes = 40 * MiB;

/** Hashes of commands whose signatures this node has verified at admission. Beyond: the older half goes, and execution verifies again. */
export const maxVerifiedHashes = 65_536;

/** A slice of work by its estimated cost; half of the 5 ms that a turn may take, for days when all is slower. */
export const sliceBudgetUs = 2_500;

/** What work costs, in microseconds on a slow day. Estimates place the slices' borders and nothing else. */
export const workUs = {
  decodeCommand: 10,
  perOperation: 3,
  perByte: 0.005,
  verify: 60,
  execute: 5,
  treeUpdate: 15,
  change: 4,
  encodePage: 4,
} as const;

/** Names read in one go; the walk that finds what is missing takes about 1 µs each. */
export const namesPerRead = 2_048;

/** Receipts in one stored value: a query reads and decodes one chunk. */
export const receiptsPerChunk = 128;

/** Bytes of a part of a snapshot: one control message, so that votes never wait long behind it. An item (32 KiB of value) fits. */
export const snapshotPartBytes = 64 * KiB;
