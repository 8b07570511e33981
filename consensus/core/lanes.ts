// Lanes: every validator's chain of batches as this node holds it (§8, rules D1b and L4), and the appending of its own.

import { assert } from '../../lib/assert.ts';
import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import { batchDigest } from '../certificate/hashing.ts';
import type { Cut, LaneHead } from '../certificate/types.ts';
import {
  laneHoldBytes,
  laneWindowBytes,
  maxBatchBytes,
  maxBatchEntries,
  maxBatchesPerLane,
  maxStraysPerLane,
} from '../limits.ts';
import { append, emit, maySign } from './core.ts';
import type { Block, Core, Lane, Redo, Want } from './core-types.ts';
import { brokenChain, namedAbove, walkLane } from './cuts.ts';
import { wantBatch } from './fetch.ts';
import type { Batch } from './messages.ts';

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

/**
 * Seals and journals a batch on this node's lane. It leaves, and its entries are accepted, when it is durable (D1b).
 *
 * @param lost the batch whose content is appended again (L4)
 */
export function sealBatch(core: Core, content: BatchContent, lost?: Hash): Batch {
  assert(core.me !== undefined && maySign(core), 'only a validator that may sign seals batches');
  const lane = core.me;
  const seq = core.own.seq + 1;
  const prev = core.own.digest;
  const { count, size, contentHash, body } = content;
  assert(size <= maxBatchBytes && count <= maxBatchEntries, 'what is journalled and sent can be read back');
  const digest = batchDigest(prev, lane, seq, count, contentHash);
  const batch: Batch = { lane, seq, prev, count, size, contentHash, body, digest };
  hold(core, batch);
  extendHead(core, batch);
  const record = append(core, { type: 'batch', batch, fetched: false });
  core.batchRecords.set(digest, record);
  core.held.push({ after: record, batch, lost });
  core.again = true;
  return batch;
}

/**
 * A batch from a peer, its digest computed from what arrived.
 * L4: unsolicited, it must come over its owner's link and extend the contiguous head of its lane, or the run ahead of it.
 * A follower orders nothing and takes only what it asked for.
 */
export function onBatch(core: Core, batch: Batch, from: number): void {
  const lane = core.lanes[batch.lane];
  if (lane === undefined) return;
  const place = core.me !== undefined && from === batch.lane && from !== core.me ? placeInLane(lane, batch) : 'none';
  if (!core.batches.has(batch.digest)) {
    if (place === 'none' && !mayTake(lane, batch, core.wantedBatches.get(batch.digest))) return;
    core.wantedBatches.delete(batch.digest);
    hold(core, batch);
    core.batchRecords.set(batch.digest, append(core, { type: 'batch', batch, fetched: place !== 'head' }));
  }
  if (place === 'head') extendHead(core, batch);
  if (place === 'ahead') extendAhead(core, lane, batch);
  core.again = true;
}

/**
 * In recovery: a batch that once extended the head of its lane. Where the journal was pruned the head is not known before the
 * base, which stands behind the first group of its segment (D6): the run that begins there waits for it.
 */
export function extendAgain(core: Core, batch: Batch): void {
  const lane = core.lanes[batch.lane] as Lane;
  const place = placeInLane(lane, batch);
  if (place === 'ahead') extendAhead(core, lane, batch);
  if (place !== 'head') return;
  extendHead(core, batch);
  if (batch.lane === core.me) forgetLost(core, batch);
}

/** What was asked for; on a peer's mere word only for the place that it named, and not without bound. */
function mayTake(lane: Lane, batch: Batch, wanted: Want | undefined): boolean {
  if (wanted === undefined) return false;
  if (wanted.proven || wanted.place === undefined) return true;
  const { place } = wanted;
  return place.lane === batch.lane && place.seq === batch.seq && lane.strays.size < maxStraysPerLane;
}

/** Where a batch from its owner belongs: behind the head, or behind a gap that commits will close. */
function placeInLane(lane: Lane, batch: Batch): 'head' | 'ahead' | 'none' {
  if (extendsHead(lane, batch)) return 'head';
  return batch.seq > lane.head.seq + 1 && !lane.ahead.has(batch.seq) ? 'ahead' : 'none';
}

const extendsHead = ({ head }: Lane, batch: Batch): boolean => batch.seq === head.seq + 1 && batch.prev === head.digest;

/** Takes a batch into memory; recovery calls it for journalled ones. */
export function hold(core: Core, batch: Batch): void {
  const lane = core.lanes[batch.lane] as Lane;
  core.batches.set(batch.digest, batch);
  const rivals = lane.next.get(batch.prev);
  if (rivals === undefined) lane.next.set(batch.prev, [batch]);
  else rivals.push(batch);
  lane.strays.add(batch);
}

/** The owner's next batch, held already: the lane's head moves on. On the own lane it is what was sealed last. */
function extendHead(core: Core, batch: Batch): void {
  const lane = core.lanes[batch.lane] as Lane;
  lane.head = { seq: batch.seq, digest: batch.digest };
  lane.chain.set(batch.seq, batch);
  lane.strays.delete(batch);
  lane.heldBytes += batch.size;
  if (batch.lane === core.me) core.own = lane.head;
  noteSeen(core, batch);
  setPause(core, batch.lane, lane);
}

export function noteSeen(core: Core, { lane, seq }: Pick<Batch, 'lane' | 'seq'>): void {
  core.seenBatches[lane] = Math.max(core.seenBatches[lane] as number, seq);
}

/**
 * An owner resumes above what it still has in memory, and a peer that was away longer has a gap there: the run that follows
 * is kept until a commit reaches it, else every later batch would have to be fetched by its digest.
 */
function extendAhead(core: Core, lane: Lane, batch: Batch): void {
  if (lane.ahead.get(batch.seq - 1)?.digest !== batch.prev) leaveAhead(lane);
  lane.ahead.set(batch.seq, batch);
  lane.strays.delete(batch);
  lane.heldBytes += batch.size;
  setPause(core, batch.lane, lane);
}

function leaveAhead(lane: Lane): void {
  for (const batch of lane.ahead.values()) {
    lane.strays.add(batch);
    lane.heldBytes -= batch.size;
  }
  lane.ahead.clear();
}

/** A commit has reached the run ahead: from there on it is the lane's chain. */
function joinAhead(core: Core, lane: Lane, at: LaneHead): void {
  if (lane.ahead.size === 0) return;
  const first = lane.ahead.values().next().value as Batch;
  if (at.seq + 1 < first.seq) return;
  const run = [...lane.ahead.values()];
  leaveAhead(lane);
  for (const batch of run) if (batch.seq > at.seq && extendsHead(lane, batch)) extendHead(core, batch);
}

/** L4: contiguous lane data is never dropped; reading stops instead. */
function setPause(core: Core, index: number, lane: Lane): void {
  if (index === core.me) return;
  const paused = lane.paused ? lane.heldBytes > laneHoldBytes / 2 : lane.heldBytes >= laneHoldBytes;
  if (paused === lane.paused) return;
  lane.paused = paused;
  emit(core, { type: 'pause-lane', lane: index, paused });
}

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
  const owners = lane.chain.get(at.seq + 1);
  if (owners?.prev === at.digest) return owners;
  if (index === core.me || lane.strays.size + lane.ahead.size === 0) return undefined;
  return lane.next.get(at.digest)?.find((batch) => batch.seq === at.seq + 1);
}

function mayPropose(core: Core, batch: Batch): boolean {
  return batch.lane !== core.me || (core.batchRecords.get(batch.digest) ?? 0) <= core.durable;
}

/** Whether some lane holds a batch above the committed cut that a leader could order (T1). */
export const hasOrderable = (core: Core): boolean => core.lanes.some((lane) => lane.head.seq > lane.committed.seq);

/** Moves the lanes to the cut of a newly committed block. */
export function commitCut(core: Core, block: Block, parent: Block): void {
  for (let index = 0; index < block.cut.length; index++) {
    const last = parent.cut[index] as LaneHead;
    if ((block.cut[index] as LaneHead).seq !== last.seq) moveLane(core, index, block, last);
  }
}

/** The lane is committed up to the cut of `block`, and was up to `last`. */
export function moveLane(core: Core, index: number, block: Block, last: LaneHead): void {
  const lane = core.lanes[index] as Lane;
  const at = block.cut[index] as LaneHead;
  const onMyChain = lane.chain.get(at.seq)?.digest === at.digest;
  const leftBehind =
    !onMyChain && (lane.head.seq >= at.seq || walkLane(core, index, at, lane.head, undefined) === brokenChain);
  if (index === core.me && !onMyChain) leaveOwnChain(core, at, last);
  lane.committed = at;
  for (const [seq, batch] of lane.chain) {
    if (onMyChain && seq > at.seq) break;
    lane.chain.delete(seq);
    lane.heldBytes -= batch.size;
    if (leftBehind) lane.strays.add(batch);
  }
  if (leftBehind) {
    leaveAhead(lane);
    dropAbove(core, index, block);
  }
  if (!onMyChain) {
    lane.head = at;
    joinAhead(core, lane, at);
  }
  setPause(core, index, lane);
}

/**
 * L4: uncommitted batches beside the cut are of no use. What blocks above it name is kept, as it was voted for (D2): all who
 * voted may find themselves on another chain of the lane in the same moment, and then nobody would have it.
 */
function dropAbove(core: Core, index: number, block: Block): void {
  const { next } = core.lanes[index] as Lane;
  const { seq } = block.cut[index] as LaneHead;
  const named = namedAbove(core, index, block);
  for (const [prev, batches] of next) {
    const kept = batches.filter((batch) => batch.seq <= seq || named.has(batch));
    if (kept.length === batches.length) continue;
    for (const batch of batches) if (!kept.includes(batch)) forget(core, batch);
    if (kept.length === 0) next.delete(prev);
    else next.set(prev, kept);
  }
}

function forget(core: Core, batch: Batch): void {
  core.batches.delete(batch.digest);
  core.batchRecords.delete(batch.digest);
  if (!lostBatches(core).includes(batch)) core.forgotten.push(batch.digest);
  (core.lanes[batch.lane] as Lane).strays.delete(batch);
}

/** Batches of an executed block live on in the archive only, and what lost against them nowhere. */
export function releaseBatches(core: Core, batches: readonly Batch[]): void {
  if (core.redo.length > 0) traceRedo(core); // its batches are about to go
  for (const { lane: index, seq, prev } of batches) {
    const lane = core.lanes[index] as Lane;
    dropFollowers(core, lane, prev, seq);
    for (const stray of lane.strays) if (stray.seq <= seq) dropFollowers(core, lane, stray.prev, seq);
  }
}

function dropFollowers(core: Core, lane: Lane, prev: Hash, upTo: number): void {
  const rest: Batch[] = [];
  for (const batch of lane.next.get(prev) ?? []) {
    if (batch.seq <= upTo) forget(core, batch);
    else rest.push(batch);
  }
  if (rest.length === 0) lane.next.delete(prev);
  else lane.next.set(prev, rest);
}

/** L4: a leader forged a batch of this node's lane. What the committed chain does not contain is appended again. */
function leaveOwnChain(core: Core, cut: LaneHead, before: LaneHead): void {
  const mine = [...ownLane(core).chain.values()];
  if (mine.length > 0) core.redo.push({ mine, at: cut, before, committed: new Set() });
  core.own = cut;
}

/** L4: own batches that may have to be appended again: the journal keeps them until they are durable in their new place. */
function lostBatches({ redo, fenced }: Core): readonly Batch[] {
  return fenced === undefined ? redo.flatMap(({ mine }) => mine) : [];
}

/** What the journal must keep of batches. */
export function neededBatches(core: Core): ReadonlySet<Hash> {
  return new Set([...core.batches.keys(), ...lostBatches(core).map(({ digest }) => digest)]);
}

/** Walks the committed chains of pending redos as far down as they are held. */
function traceRedo(core: Core): void {
  for (const redo of core.redo) {
    while (redo.at.seq > redo.before.seq) {
      const batch = core.batches.get(redo.at.digest);
      if (batch === undefined) break;
      redo.committed.add(batch.digest);
      redo.at = { seq: redo.at.seq - 1, digest: batch.prev };
    }
  }
}

/** Decides the oldest pending redo once the committed chain is held down to my last committed batch: earlier would order twice. */
export function appendLostAgain(core: Core): void {
  traceRedo(core);
  while (core.redo.length > 0) {
    const { mine, at, before, committed } = core.redo[0] as Redo;
    if (at.seq > before.seq) {
      wantBatch(core, at.digest, { from: undefined, proven: true });
      return;
    }
    if (!maySign(core)) return;
    core.redo.shift();
    for (const lost of mine) {
      if (committed.has(lost.digest)) {
        if (!core.batches.has(lost.digest)) core.forgotten.push(lost.digest);
        continue;
      }
      const batch = sealBatch(core, lost, lost.digest);
      emit(core, { type: 'reappended', lost: lost.digest, batch });
    }
  }
}

/** In recovery: an own batch that was already appended again is not lost any more. */
function forgetLost(core: Core, again: Batch): void {
  for (const redo of core.redo) {
    const found = redo.mine.findIndex(({ contentHash }) => contentHash === again.contentHash);
    if (found < 0) continue;
    redo.mine = redo.mine.toSpliced(found, 1);
    return;
  }
}

const ownLane = (core: Core): Lane => core.lanes[core.me as number] as Lane;

/** The own durable batches above a peer's head, oldest first, for it to resume (L1); above the committed cut where it has left my lane (L4). */
export function ownBatchesAbove(core: Core, { seq, digest }: LaneHead): readonly Batch[] {
  const { chain, committed } = ownLane(core);
  const from = chain.get(seq)?.digest === digest ? seq : committed.seq;
  const batches: Batch[] = [];
  for (const batch of chain.values())
    if (batch.seq > from && (core.batchRecords.get(batch.digest) ?? 0) <= core.durable) batches.push(batch);
  return batches;
}
