// Every bound of consensus, with its arithmetic and what happens there. Sizes that a peer can choose are checked before
// anything is allocated for them.

import { KiB, MiB, type Ms, milliseconds, minutes, seconds } from '../lib/units.ts';

/** Terms and heights are below 2^48 (CONSENSUS §4): a peer cannot push a counter to its end. */
export const maxCounter = 2 ** 48 - 1;

/** §2: n of a committee. A header names every lane (40 bytes each), a certificate holds n votes (≤ 4 KiB each with later suites). */
export const maxValidators = 100;
/** Chains of a network: one subtree and one digest per frame each. */
export const maxChains = 1_000;
/** Accounts that a chain's genesis lists, 36 bytes each: 360 KB, which is read as one message. */
export const maxListedAccounts = 10_000;
/** Node ids that a genesis lets follow: 64 characters each. */
export const maxListedFollowers = 1_000;
/** 8,900 years of milliseconds: an instant stays far below what a float counts exactly. */
export const maxEpochMs = 2 ** 48;

/** §8: W, blocks proposed beyond the highest certified block of the chain. */
export const defaultWindow = 64;

/** §8: batches of one lane in one block; more wait for the next block. */
export const maxBatchesPerLane = 4;

/** T4: batches of one lane in one Have, from the committed cut upwards; a longer backlog is announced again after commits. */
export const maxAnnouncedPerLane = 2 * maxBatchesPerLane;
/** Announced batches held that do not continue their lane's head; beyond it none is fetched on a peer's word (16 × 1 MiB). */
export const maxStraysPerLane = 16;

/** §8: a batch is sealed at this size; a single larger entry (a bundle of 1 MiB) makes a batch of its own. */
export const sealBytes = 512 * KiB;
export const maxBatchBytes = MiB + 64 * KiB;
/** 512 KiB of the smallest entries (4 bytes of length and 12 of content). */
export const maxBatchEntries = 32_768;

/** §8: own bytes that are sealed and not yet committed; beyond it client sockets are not read. */
export const laneWindowBytes = 8 * MiB;
/**
 * §8: bytes of one account in this validator's lane, from admission to commit: three quarters of the lane's window, 0.5 s of
 * a quarter of 100,000 commands/s at 512 bytes, and a quarter is there for others. One more entry is refused (`account-busy`).
 */
export const accountQuotaBytes = (3 * laneWindowBytes) / 4;
/** L4: bytes of another's lane held and not yet committed; beyond it that bulk link is not read. Twice the lane window. */
export const laneHoldBytes = 2 * laneWindowBytes;

/**
 * Committed blocks that a leader has not executed; with so many it proposes none. One is being executed, two wait, so execution
 * never does; what is accepted beyond that waits in bounded lanes and travels in larger blocks, which cost less. With more, a
 * command waits behind that many large blocks: 16 of 0.2 s each were 3 s at the rate that can just be executed.
 */
export const maxUnexecuted = 3;
/** E1: a block's execHeight is at most this far behind its height. */
export const maxExecutionLag = 256;

/** E4: a block further ahead of the voter's clock waits. */
export const maxClockLead: Ms = milliseconds(500);

/** §11: headers kept per (term, height): the first, and at most two more that are certified or named by f+1 votes. */
export const maxHeadersPerPlace = 3;
/** §11: headers are kept up to own chain's QC + 2W. */
export const headersAheadWindows = 2;

/**
 * D2: headers of earlier terms that are kept for this node's votes alone. Only terms without a commit leave any, 8 s each
 * (T1): one block in each fills it in 18 hours, W blocks in each in 17 minutes. 600 bytes each at n = 4 make 5 MB, 4.4 KB at
 * n = 100 36 MB, three times that in memory. Beyond it the votes of the oldest terms are forgotten.
 */
export const maxVotedHeaders = 8_192;

/** Q1: links of a certificate: the slowest voter may stand at c+W and the fastest W beyond. */
export const maxLinksWindows = 2;
/** Links that a decoder takes: of a chain with four times the usual W. */
export const maxLinks = maxLinksWindows * 4 * defaultWindow;
/** D6: headers that a new segment repeats: what the links of a certificate span, and what a leader lets wait for execution. 600
 * bytes each at n = 4 and W = 64 make 79 KB, 4.4 KB at n = 100 576 KB. A node further behind repeats none: it fetches them again. */
export const maxRepeatedHeaders = (window: number): number => maxLinksWindows * window + maxUnexecuted;
/** The most that one of them takes in the journal: each lane's 32 bytes and number, the rest of a header, and a signature. */
export const repeatedHeaderBytes = (validators: number): number => 512 + 48 * validators;
/** Of a shard's journal, in steps of a page. Half a segment takes the largest batch, and storage goes no higher than 512 MiB. */
export const segmentSizes = { min: 4 * MiB, max: 512 * MiB, step: 4 * KiB } as const;
/** A segment begins with what its chains repeat; the rest of it is there for what is new. */
export const repeatedShare = 1 / 4;

/** Q2: verdicts on TCs that are remembered, by hash. Beyond: all are forgotten, and verified again. */
export const maxVerifiedTcs = 64;
/** Q3: per validator, certificates that Timeouts name; beyond: those that no held Timeout names go. Held ones name two at most. */
export const timeoutQcsPerValidator = 4;

/** §9: headers in one answer to Get. 256 × (100 lanes × 40 B + 400 B) = 1.1 MB at n = 100, 140 KB at n = 4. */
export const maxHeadersPerAnswer = 256;
/** And never more bytes than this, half a control message; the asker goes on from the lowest that it got. */
export const maxHeaderBytesPerAnswer = 512 * KiB;
/** §9: committed blocks whose batches a node that is behind asks for at once: 16 × 4 lanes × 512 KiB at n = 4, spread over the peers. */
export const blocksFetchedAhead = 16;
/** §9: batches that one Get names. */
export const maxBatchesAsked = 4;
/** §9: 8 MiB asked of one peer and not yet answered. A digest tells no size, so each batch counts as the largest: 7. More wait. */
export const maxBatchesInFlight = Math.floor((8 * MiB) / maxBatchBytes);

/** T1: the base of the progress timer, and its cap. */
export const timerBase: Ms = seconds(1);
export const timerCap: Ms = seconds(8);
/** t_r: a Timeout is sent again, and L2's answers are repeated, at most this often. */
export const rebroadcastEvery: Ms = milliseconds(500);
/** T2: the leader's link is down this long with work known. */
export const leaderLinkGrace: Ms = milliseconds(150);
/** T3: the planned length of a term, in time with work known. */
export const plannedTerm: Ms = seconds(30);
/** V5 and L5: how long a missing header or batch is waited for before the next peer is asked. */
export const askAgainAfter: Ms = milliseconds(200);
/** V5: times that the header of an unresolved vote is asked for; then a newer vote is waited for. */
export const votedHeaderAsks = 3;
/** L5: rounds of asking for an id that no certificate proves. */
export const unprovenRounds = 2;
/**
 * §8: the pace of proposals while blocks are in flight. With nothing in flight one is proposed at once, so where commits
 * take less, they are the pace, and what the validators can do sets it: a block costs them as much as some 500 commands.
 */
export const proposalPace: Ms = milliseconds(25);
/**
 * The pace where the line to a quorum and back takes longer than two such paces, for blocks with few entries: there the
 * wait for the next block is what a leader can save, and nothing else is as slow. At 125 blocks a second and 3.5 ms each
 * blocks take half a core, which a chain with so few commands has.
 */
export const longLinePace: Ms = milliseconds(8);
export const fewEntries = 64;
/** Own blocks after which a leader looks again at what its links have measured. */
export const blocksPerTripLook = 32;
/** A commit that no other record follows is journalled by itself after so long. */
export const recordCommitAfter: Ms = milliseconds(20);
/** E3: results that no block covers so long after the last commit get a block of their own. */
export const coverAfter: Ms = milliseconds(20);
/** §9: and when a chain has rested so long since its last result was covered. */
export const restAfter: Ms = seconds(1);
/** §9: a checkpoint is signed at every multiple of this height. */
export const checkpointEvery = 256;
/** App messages: 64 KiB (§2), and this many waiting for the ledger. */
export const maxAppBytes = 64 * KiB;

/** A control message: a Hello at n = 100 carries three certificates of 100 votes (≤ 0.2 MB each) and 200 links. */
export const maxControlBytes = MiB;
/** Blocks below the commit height that stay in memory for slow peers; older ones come from the archive. */
export const keptCommittedBlocks = 2 * maxExecutionLag;
/** Blocks that gather before old ones are swept out: a sweep walks all that are kept, so its cost per block stays small. */
export const forgetEvery = 256;

/** Rounds of one turn: each commits, certifies, votes or proposes at least once more, so W bounds them by far. */
export const maxRounds = 1_000;
/** Blocks committed in one turn, at 5 µs each; a node that was away takes more turns. */
export const commitsPerTurn = 256;

/** Blocks whose rows leave the archive in one write, when the journal has pruned their batches: some 64 × 20 rows. */
export const blocksPerClearing = 64;
/** Places of snapshots in the journal: at least a segment lies between two, and 256 MiB × 65,536 is 16 TiB. */
export const maxMarks = 65_536;

/** §9: certified snapshots kept, so that a peer can finish fetching the one before the newest. */
export const keptSnapshots = 2;
/** Bytes of a part of a snapshot: what a bulk frame holds, so votes never wait long behind one. */
export const maxSnapshotPartBytes = 64 * KiB;
/** Parts of one snapshot: 64 GiB of state. A larger one is not made, and the journal keeps everything. */
export const maxSnapshotParts = 2 ** 20;
/** Parts asked for at once: 1 MiB in flight. */
export const snapshotPartsAsked = 16;
/** A peer that sends no part for so long is given up, and the next one asked. */
export const snapshotStall: Ms = seconds(5);

/** A follower hears of commits at most this often, and of the newest only: it may be slow at no cost to the validator. */
export const tellFollowersEvery: Ms = milliseconds(20);
/**
 * What one follower is served per second, beyond a burst of two seconds: from four validators 64 MiB, more than a full load
 * of 100,000 commands/s of 512 bytes orders. What it asks for while it owes is not answered: it asks another validator.
 */
export const followerServedBytesPerSecond = 16 * MiB;
/** Answers to one follower's Gets that are being read: as many batches as a node asks one peer for, its Gets for headers and a
 * snapshot, and as much again for those that it has given up waiting for. Beyond: not answered. */
export const maxFollowerReads = 2 * (maxBatchesInFlight + 2);
/** A peer that lacks what is asked for tells where its snapshot stands at most this often. */
export const offerAgainAfter: Ms = milliseconds(500);
/** Commands that a follower has passed on and that are not answered: 1,024 frames and a lane's window of bytes. One more is
 * refused by the follower (`overloaded`); a follower that sends more misbehaves. */
export const maxForwards = 1_024;
export const maxForwardedBytes = 8 * MiB;
/** Entries of one forwarded frame: what a client's frame holds. */
export const maxForwardedEntries = 1_000;

/** Batches whose outcome a node remembers for questions that come after the answer: 4 a block, 64 blocks, 4 lanes. */
export const maxRememberedOutcomes = 1_024;
/** L4: moves of lost batches that a node remembers; a forged lane loses at most a window of 64 blocks × 4 batches at once. */
export const maxRememberedMoves = 4_096;
/** Callers that wait for an outcome at one node; one more is refused. */
export const maxAwaitedOutcomes = 65_536;
/** Clients' sessions that follow one chain at one node; one more is told so and ends. */
export const maxSubscribers = 10_000;
/** Readers that wait for a header that covers their height; one more is refused. */
export const maxWaitingReaders = 10_000;
/** Entries taken for sealing and not yet sealed, in bytes; beyond it a client is told to retry. */
export const maxUnsealedBytes = 8 * MiB;
/** §8: between two batches of a node that are not full; where nobody has come for longer, one is sealed at once. */
export const sealPace: Ms = milliseconds(4);
/**
 * Where commits are slow because the machines are busy, fewer batches are what helps them, and hardly anybody feels it: a
 * batch waits for a quarter of what the oldest one waits for its commit, beyond what the lines and a pace of proposals take.
 */
export const sealShare = 4;
export const maxSealPace: Ms = milliseconds(60);
/** Pieces of evidence a node keeps: one per validator, kind and epoch (§11), at most this many. */
export const maxEvidence = 1_000;
/** One signed object of a piece: a header names 100 lanes of 40 bytes, a vote or Timeout with a later suite's signature has 4 KiB. */
export const maxEvidenceBytes = 16 * KiB;
/** Events in one notification, about 400 bytes each as JSON; a block with more is told in several. */
export const maxEventsPerNotification = 1_000;
/** Bytes of journal records handed to one turn of recovery. */
export const replaySliceBytes = 256 * KiB;

/** A chain with work and without a commit for this long calls itself slow; a term change takes 1 to 8 s. */
export const slowAfter: Ms = seconds(2);
/** /readyz: a node whose work makes no progress for longer is not ready; above T1's cap, so one failed term is no alarm. */
export const readyProgressAge: Ms = seconds(10);

/** What the node answers at once: status, checkpoint, a read without a proof. Beyond: `deadline-passed`. */
export const answerWithin: Ms = seconds(5);
/** How long an entry may wait to be sealed (a halted chain keeps its lane full); commands expire after 10 minutes. */
export const submitWithin: Ms = minutes(10);

/** Pieces (a frame's entries in one batch) of one stream that wait for their block, each weighing 8 and its numbers: 8 MB. Beyond: a Watch is refused. */
export const maxPieceWeight = 2 ** 20;
/**
 * Messages that wait for an actor. Of engine and admission: control frames of 100 peers and the batches of 100 lanes within one
 * loop turn. Of the executor: what a window of 64 blocks and its readers say. The others hear of starts, ends and changes.
 */
export const mailboxes = {
  ...{ engine: 16_384, admission: 16_384, forwarding: 16_384, executor: 4_096 },
  ...{ adoption: 256, validator: 256, chain: 64, guardian: 8, topic: 64 },
} as const;
/** Messages for one stream or subscription: a client's credit holds fewer Submits of ordinary size. Beyond four times that: refused. */
export const streamMailbox = 16_384;

/** A question to an actor of this process that is not answered by now never will be. */
export const askTimeoutMs = 10_000;
/** How long `submitAndWait` and proofs wait by default. */
export const outcomeTimeoutMs = 10_000;
export const defaultBlocksPerAnswer = 20;
/** Frames of one client that are not final; one more is refused as overloaded. 4,096 × 1,000 entries. */
export const maxOpenFrames = 4_096;
