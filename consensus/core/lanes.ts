// Lanes: every validator's chain of batches as this node holds it (§8, rules D1b and L4), and the appending of its own.

import { assert } from '../../lib/assert.ts';
import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import { batchDigest } from '../certificate/hashing.ts';
import type { Cut, LaneHead } from '../certificate/types.ts';
import { laneHoldBytes, laneWindowBytes, maxBatchesPerLane } from '../limits.ts';
import { append, type Block, type Core, emit, type Lane, maySign } from './core.ts';
import type { Batch } from './messages.ts';

/** A lane's chain does not lead down to the cut that it must extend. */
export const brokenChain: unique symbol = Symbol('broken chain');

/** The entries of a new own batch. */
export interface BatchContent {
  readonly count: number;
  readonly size: number;
  readonly contentHash: Hash;
  readonly body: readonly Bytes[];
}

/** Whether a new own batch may be sealed now: the node may sign, and its lane's window is open. */
export function maySeal(core: Core): boolean {
  return maySign(core) && core.redo.length === 0 && ownLane(core).heldBytes < laneWindowBytes;
}

/** Seals and journals a batch on this node's lane. It leaves, and its entries are accepted, when it is durable (D1b). */
export function sealBatch(core: Core, content: BatchContent): Batch {
  assert(core.me !== undefined && maySign(core), 'only a validator that may sign seals batches');
  const lane = core.me;
  const seq = core.own.seq + 1;
  const prev = core.own.digest;
  const { count, size, contentHash, body } = content;
  const digest = batchDigest(prev, lane, seq, count, contentHash);
  const batch: Batch = { lane, seq, prev, count, size, contentHash, body, digest };
  core.own = { seq, digest };
  hold(core, batch);
  advanceHead(core, ownLane(core), batch);
  const record = append(core, { type: 'batch', batch, fetched: false });
  core.batchRecords.set(digest, record);
  core.held.push({ after: record, batch });
  core.again = true;
  return batch;
}

/**
 * A batch from a peer, its digest computed from what arrived.
 * L4: unsolicited, it must come over its owner's link and extend the contiguous head of its lane.
 */
export function onBatch(core: Core, batch: Batch, from: number): void {
  const lane = core.lanes[batch.lane];
  if (lane === undefined) return;
  // after a reconnect the owner may seal before it has heard where to resume: its resend fills the gap (L1)
  const fromOwner = from === batch.lane && batch.lane !== core.me && extendsHead(lane, batch);
  if (!core.batches.has(batch.digest)) {
    if (!fromOwner && !core.wantedBatches.has(batch.digest)) return;
    core.wantedBatches.delete(batch.digest);
    hold(core, batch);
    core.batchRecords.set(batch.digest, append(core, { type: 'batch', batch, fetched: !fromOwner }));
  }
  if (fromOwner) advanceHead(core, lane, batch);
  core.again = true;
}

export const extendsHead = ({ head }: Lane, batch: Batch): boolean =>
  batch.seq === head.seq + 1 && batch.prev === head.digest;

export function advanceHead(core: Core, lane: Lane, batch: Batch): void {
  lane.head = { seq: batch.seq, digest: batch.digest };
  noteSeen(core, batch);
}

export function noteSeen(core: Core, { lane, seq }: Batch): void {
  core.seenBatches[lane] = Math.max(core.seenBatches[lane] as number, seq);
}

/** Takes a batch into memory; recovery calls it for journalled ones. */
export function hold(core: Core, batch: Batch): void {
  const lane = core.lanes[batch.lane] as Lane;
  core.batches.set(batch.digest, batch);
  const rivals = lane.next.get(batch.prev);
  if (rivals === undefined) lane.next.set(batch.prev, [batch]);
  else rivals.push(batch);
  if (batch.seq > lane.committed.seq) lane.heldBytes += batch.size;
  setPause(core, batch.lane, lane);
}

/** L4: contiguous lane data is never dropped; reading stops instead. */
function setPause(core: Core, index: number, lane: Lane): void {
  if (index === core.me) return;
  const paused = lane.paused ? lane.heldBytes > laneHoldBytes / 2 : lane.heldBytes >= laneHoldBytes;
  if (paused === lane.paused) return;
  lane.paused = paused;
  emit(core, { type: 'pause-lane', lane: index, paused });
}

/**
 * Digests of batches between the parent's cut and the block's that are not held; only the highest missing one of a lane
 * can be named.
 */
export function missingBatches(core: Core, block: Block, parent: Block): readonly Hash[] | typeof brokenChain {
  const missing: Hash[] = [];
  for (let lane = 0; lane < block.cut.length; lane++) {
    const gap = walkLane(core, lane, block.cut[lane] as LaneHead, parent.cut[lane] as LaneHead, undefined);
    if (gap === undefined) continue;
    if (gap === brokenChain) return brokenChain;
    missing.push(gap);
  }
  return missing;
}

/** Walks a lane's `prev` chain from `top` down to `bottom`. @returns the digest that is missing, if any */
function walkLane(
  core: Core,
  lane: number,
  top: LaneHead,
  bottom: LaneHead,
  visit: ((batch: Batch) => void) | undefined,
): Hash | typeof brokenChain | undefined {
  let { seq, digest } = top;
  while (seq > bottom.seq) {
    const batch = core.batches.get(digest);
    if (batch === undefined) return digest;
    if (batch.lane !== lane || batch.seq !== seq) return brokenChain;
    visit?.(batch);
    digest = batch.prev;
    seq -= 1;
  }
  return digest === bottom.digest ? undefined : brokenChain;
}

/** The batches of a block in the order of execution (§8), all of which are held. */
export function orderedBatches(core: Core, block: Block, parent: Block): readonly Batch[] {
  const n = core.committee.n;
  const perLane = block.cut.map((head, lane) => {
    const batches: Batch[] = [];
    walkLane(core, lane, head, parent.cut[lane] as LaneHead, (batch) => batches.unshift(batch));
    return batches;
  });
  const ordered: Batch[] = [];
  for (let round = 0; round < maxBatchesPerLane; round++) {
    for (let i = 0; i < n; i++) {
      const batch = perLane[(block.height + i) % n]?.[round];
      if (batch !== undefined) ordered.push(batch);
    }
  }
  return ordered;
}

/** What is held of a block that needs no execution any more. */
export function heldBatches(core: Core, block: Block, parent: Block): readonly Batch[] {
  const held: Batch[] = [];
  for (let lane = 0; lane < block.cut.length; lane++) {
    walkLane(core, lane, block.cut[lane] as LaneHead, parent.cut[lane] as LaneHead, (batch) => held.push(batch));
  }
  return held;
}

export const ordersSomething = (block: Block, parent: Block): boolean =>
  block.cut.some((head, lane) => head.seq > (parent.cut[lane] as LaneHead).seq);

/** §8: per lane the highest contiguous batch held, its own durably (D3), above the parent's cut; undefined when nothing is new. */
export function nextCut(core: Core, parent: Block): Cut | undefined {
  let advanced = false;
  const cut = parent.cut.map((head, index) => {
    let at = head;
    for (let steps = 0; steps < maxBatchesPerLane; steps++) {
      const next = follower(core, index, at);
      if (next === undefined || !mayPropose(core, next)) break;
      at = { seq: next.seq, digest: next.digest };
      advanced = true;
    }
    return at;
  });
  return advanced ? cut : undefined;
}

/** The held batch after `at`. What came from the owner goes before what was fetched; on the own lane nothing else counts (L4). */
export function follower(core: Core, index: number, at: LaneHead): Batch | undefined {
  const lane = core.lanes[index] as Lane;
  const held = (lane.next.get(at.digest) ?? []).filter((batch) => batch.seq === at.seq + 1);
  if (index !== core.me && held.length <= 1) return held[0];
  const owners = held.find((batch) => descends(core, index, lane.head, batch));
  return index === core.me ? owners : (owners ?? held[0]);
}

function mayPropose(core: Core, batch: Batch): boolean {
  return batch.lane !== core.me || (core.batchRecords.get(batch.digest) ?? 0) <= core.durable;
}

/** Whether some lane holds a batch above the committed cut that a leader could order (T1). */
export const hasOrderable = (core: Core): boolean => core.lanes.some((lane) => lane.head.seq > lane.committed.seq);

/** Moves the lanes to a newly committed cut. */
export function commitCut(core: Core, before: Cut, cut: Cut): void {
  for (let index = 0; index < cut.length; index++) {
    const lane = core.lanes[index] as Lane;
    const at = cut[index] as LaneHead;
    const last = before[index] as LaneHead;
    if (at.seq === last.seq) continue;
    const leftBehind = leaves(core, index, lane.head, at);
    if (index === core.me && !onOwnChain(core, at)) leaveOwnChain(core, at, last);
    lane.committed = at;
    if (leftBehind) dropAbove(core, lane, at);
    if (leftBehind || lane.head.seq < at.seq) lane.head = at;
    lane.heldBytes = bytesAbove(core, lane, at);
    if (index === core.me && core.own.seq < lane.head.seq) core.own = lane.head;
    setPause(core, index, lane);
  }
}

function descends(core: Core, lane: number, head: LaneHead, from: LaneHead): boolean {
  return head.seq >= from.seq && walkLane(core, lane, head, from, undefined) === undefined;
}

/** Whether the cut is certainly not on the chain of the head; one that is further on, with gaps, may be. */
function leaves(core: Core, lane: number, head: LaneHead, cut: LaneHead): boolean {
  if (head.seq >= cut.seq) return !descends(core, lane, head, cut);
  return walkLane(core, lane, cut, head, undefined) === brokenChain;
}

function onOwnChain(core: Core, at: LaneHead): boolean {
  return descends(core, core.me as number, core.own, at);
}

function bytesAbove(core: Core, lane: Lane, bottom: LaneHead): number {
  let bytes = 0;
  for (let at = lane.head; at.seq > bottom.seq; ) {
    const batch = core.batches.get(at.digest);
    if (batch === undefined) return bytes;
    bytes += batch.size;
    at = { seq: at.seq - 1, digest: batch.prev };
  }
  return bytes;
}

/** L4: uncommitted batches that cannot follow the cut are of no use; those that a waiting block needs are asked for again. */
function dropAbove(core: Core, lane: Lane, cut: LaneHead): void {
  for (const [prev, batches] of lane.next) {
    const kept = batches.filter((batch) => batch.seq <= cut.seq);
    if (kept.length === batches.length) continue;
    for (const batch of batches) if (batch.seq > cut.seq) forget(core, batch);
    if (kept.length === 0) lane.next.delete(prev);
    else lane.next.set(prev, kept);
  }
}

function forget(core: Core, batch: Batch): void {
  core.batches.delete(batch.digest);
  core.batchRecords.delete(batch.digest);
}

/** Batches of an executed block live on in the archive only. */
export function releaseBatches(core: Core, batches: readonly Batch[]): void {
  for (const batch of batches) {
    const lane = core.lanes[batch.lane] as Lane;
    const rest = (lane.next.get(batch.prev) ?? []).filter((other) => other.seq > batch.seq);
    if (rest.length === 0) lane.next.delete(batch.prev);
    else lane.next.set(batch.prev, rest);
    forget(core, batch);
  }
}

/** L4: a leader forged a batch of this node's lane. What the committed chain does not contain is appended again. */
function leaveOwnChain(core: Core, cut: LaneHead, before: LaneHead): void {
  const mine: Batch[] = [];
  for (let at = core.own; at.seq > before.seq; ) {
    const batch = core.batches.get(at.digest);
    if (batch === undefined) break;
    mine.unshift(batch);
    at = { seq: at.seq - 1, digest: batch.prev };
  }
  core.redo.push({ mine, cut, before });
  core.own = cut;
}

/** Decides the oldest pending redo once the committed chain is held down to my last committed batch: earlier would order twice. */
export function appendLostAgain(core: Core): void {
  while (core.redo.length > 0 && maySign(core)) {
    const { mine, cut, before } = core.redo[0] as Core['redo'][number];
    const committed = new Set<Hash>();
    const gap = walkLane(core, core.me as number, cut, before, (batch) => committed.add(batch.digest));
    if (gap !== undefined && gap !== brokenChain) return;
    core.redo.shift();
    for (const lost of mine) {
      if (committed.has(lost.digest)) continue;
      const batch = sealBatch(core, lost);
      emit(core, { type: 'reappended', lost: lost.digest, batch });
    }
  }
}

/** In recovery: an own batch that was already appended again is not lost any more. */
export function forgetLost(core: Core, again: Batch): void {
  for (const redo of core.redo)
    redo.mine = redo.mine.filter((batch) => batch.contentHash !== again.contentHash || batch.digest === again.digest);
}

const ownLane = (core: Core): Lane => core.lanes[core.me as number] as Lane;

/** The own durable batches above a peer's head, oldest first, for it to resume (L1); above the committed cut where it has left my lane (L4). */
export function ownBatchesAbove(core: Core, head: LaneHead): readonly Batch[] {
  const { committed } = ownLane(core);
  const seq = head.seq > committed.seq && !onOwnChain(core, head) ? committed.seq : head.seq;
  const batches: Batch[] = [];
  for (let at = core.own; at.seq > seq; ) {
    const batch = core.batches.get(at.digest);
    if (batch === undefined) break;
    if ((core.batchRecords.get(batch.digest) ?? 0) <= core.durable) batches.unshift(batch);
    at = { seq: at.seq - 1, digest: batch.prev };
  }
  return batches;
}
