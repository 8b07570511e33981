// Bounds of the load generator, with their arithmetic and what happens at the bound.

import { KiB, MiB } from '../../lib/units.ts';

/** 1,000,000 commands/s is three times what four validators on two cores ever ordered. Beyond: refused as usage. */
export const maxRate = 1_000_000;
export const maxSeconds = 24 * 3600;
export const maxWarmUpSeconds = 600;
export const defaultWarmUpSeconds = 2;
export const maxRepeats = 100;
export const maxClients = 1_000;

/** A blob carries its run and its number, 16 bytes. Smaller: refused as usage. */
export const minBlobBytes = 16;
/** The largest command of the ledger; a blob has the same bound, so that modes can be compared. */
export const maxCommandBytes = 64 * KiB;

/** What is due within this time goes out as one frame: 2 ms at 100,000/s over four clients are frames of 200 entries. */
export const defaultCoalesceMs = 2;

/** Entries of one frame, with their length prefixes; the protocol takes 64 KiB more. */
export const maxFrameBytes = MiB;

/** Accepted frames per client that await their notices, 200 bytes each. At the bound the client sends nothing more until
 * some are final; what becomes due meanwhile waits, and its latency counts from when it was due. */
export const maxFramesInFlight = 16_384;

/** An account takes nonces at most 1,024 ahead of the highest one used (ledger/limits.ts). At the bound: as above. */
export const maxSignedInFlight = 1_000;

/** Frames that one client sends before the sockets are read again; 16 full ones are the node's whole credit. */
export const framesPerTurn = 16;

/** Sent, but not yet flushed to the socket; each holds one buffer of a frame. The credit (4 MiB) keeps it below. */
export const maxUnflushedFrames = 64;

/** Commands that were due and could not be sent (no credit, no node) are given this long after the schedule's end; then
 * they count as refused: `not-sent`. */
export const sendGraceMs = 5_000;

/** How long after the last send an accepted command may take until it counts as lost. */
export const settleMs = 30_000;

/** While nothing moves, the nodes are asked this often about what is still open. */
export const lookupEveryMs = 5_000;

/** A node that is asked and does not answer within this counts as silent. */
export const callTimeoutMs = 3_000;
/** Questions under way at once, and receipts asked for in one round: what is open beyond them waits for the next round. At
 * 5 ms each a round takes 3 s. */
export const callsAtOnce = 32;
export const receiptsPerRound = 20_000;
/** Blocks of one answer; the protocol gives no more. */
export const blocksPerCall = 100;

/** A frame without an answer for this long: its stream is given up, and it is sent to the next validator. */
export const answerTimeoutMs = 10_000;

/** How often a frame that was never answered is sent in all; then its commands count as refused: `unanswered`. */
export const maxSends = 8;

/** Back-off between attempts to connect: from 50 ms, doubled after each round over all validators. */
export const reconnectMs = { first: 50, longest: 1_000 } as const;

/** Until every client has its first stream; then the run ends with `nobody-answers`. */
export const connectTimeoutMs = 10_000;

/** Commands signed before the run starts: 1,000,000 puts of 200 bytes, 14 s of signing on one core. Beyond: signed when
 * they are due, 25 µs each. */
export const maxPresignedBytes = 256 * MiB;

/** A hung system may stretch latencies to minutes; longer ones are recorded as this. */
export const longestLatencyUs = 600_000_000;

/** Free space that a run leaves, as a share of what makes nodes stop admitting. */
export const diskReserveShare = 1.25;

/** Between two reports of a generator to its parent. */
export const reportEveryMs = 250;

/** Between two questions whether a chain is at rest. */
export const drainPollMs = 200;
/** How long a chain may take to come to rest after a run: the backlog is bounded by the credit of all clients, which is
 * seconds of work. Then the next run does not begin, or the calibration after the last one is taken as it is. */
export const drainMs = 30_000;

/** Between two samples of a validator's CPU and memory. */
export const sampleEveryMs = 1_000;
/** Samples of one validator, 100 bytes each; at the bound every second one is dropped, and half as many are taken. */
export const maxSamples = 2_048;

/** A search for the highest rate, calibrations aside: 14 tries of 10 s and their warm-up; about eleven are needed. At the
 * bound the best rate so far is confirmed. Longer tries get `triesPerSearch` times their length. */
export const maxSearchSeconds = 225;
export const triesPerSearch = 16;
