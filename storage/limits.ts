// Every bound of the storage room, with its arithmetic and what happens at the bound.

import { GiB, KiB, MiB, milliseconds } from '../lib/units.ts';

/** 100,000 commands/s of 512 B fill one in 5 s; 40 of them hold a quiet network's year. */
export const defaultSegmentBytes = 256 * MiB;
/** A group, its padding and the rewritten safety records must fit eight times over. Below: refused as a setting. */
export const minSegmentBytes = 16 * KiB;
/** Positions count 8-byte steps: 2^26 of them per segment and 2^27 segments stay below 2^53. At 256 MiB that is 34 PB. */
export const maxSegmentBytes = 512 * MiB;
export const positionsPerSegment = 2 ** 26;
export const maxSegmentNumber = 2 ** 27 - 1;

/** Page and sector size of every disk in use; a torn sector then never holds two groups. */
export const defaultGroupAlignment = 4 * KiB;
/** Eight batches of 512 KiB; 4 MiB sync in 2–4 ms. A fuller group is closed and the next one begun behind it. */
export const defaultGroupBytes = 4 * MiB;

/** 16 groups of 4 MiB, 0.3–0.6 s of a disk at 200 MB/s: lanes stop admitting, which clients feel as `retry`. */
export const congestedBytes = 64 * MiB;
/** What a node may still append after it stopped admitting: every peer's lane window (CONSENSUS §10) several times over.
 * At the bound the disk is as good as dead: the journal fails and the process stops. */
export const maxUnsyncedBytes = 512 * MiB;

/** D6: how long other lanes' batches wait for a record that gates something. */
export const lazyWaitMs = milliseconds(20);

/** Chains and durable actors that ever wrote to one journal; ids are two bytes. At the bound: assertion, shards are cheap. */
export const maxOwners = 4096;
export const maxOwnerNameBytes = 240;

/**
 * Messages for a shard's actor: a few of its own, and from each owner at its start one that it is replayed and one that
 * subscribes. Four times that is taken when all start again at once.
 */
export const shardMailbox = (owners: number): number => 64 + 2 * owners;

/** The next segment is prepared when this share of the current one is used: its header and its name take a few syncs. */
export const prepareAtShare = 0.25;
/** Where a file grows: 32 groups of a quiet chain, in a write of 0.3 ms instead of 0.2. */
export const growBytes = 128 * KiB;
/** Emptied files kept for reuse; more are deleted. */
export const maxSpareSegments = 2;

/** What recovery reads at once; a slice of 1 MiB is checked in 0.3–1 ms, well below a turn's 5 ms. */
export const scanWindowBytes = MiB;
/** Files of old segments kept open for reading; the one longest unused is closed. */
export const maxOpenReaders = 8;
/** First read of a record whose length is not known. */
export const readGuessBytes = 16 * KiB;

/** Rows wait so long for others; a process that is killed loses them and executes the last blocks again. */
export const gatherWritesMs = milliseconds(100);
/** Rows that wait: 20 ms of an engine at 200 MB/s. Beyond, a writer hears that it is done when they are written. */
export const gatheredWritesBytes = 4 * MiB;

/** Rows given to an engine in one go; 1,000 take it a millisecond. */
export const rowsPerSlice = 1_000;
/** What the engine holds in memory before it writes a file (twice that while it does): rows that are written over and over then reach a file once. */
export const engineBufferBytes = 16 * MiB;

/** Four full segments and the store's compaction beside them. Below: admission stops, and says so. */
export const lowDiskBytes = 2 * GiB;
/** Admission starts again only when there is this much above the threshold, so that it does not flutter. */
export const lowDiskRecoveryShare = 0.25;
export const diskCheckEveryMs = milliseconds(2000);
