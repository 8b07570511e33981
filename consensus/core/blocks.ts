// The tree of headers: what is kept (§11), how blocks connect to their ancestors, and the verdict on each (rule V1).

import { encode } from '../../lib/codec.ts';
import type { Hash } from '../../lib/hash.ts';
import { sha256Hex } from '../../lib/hash.ts';
import { milliseconds } from '../../lib/units.ts';
import { leaderOf } from '../certificate/committee.ts';
import { timeoutCertShape } from '../certificate/shapes.ts';
import type { TimeoutCert } from '../certificate/types.ts';
import { verifyTimeoutCert } from '../certificate/verify.ts';
import {
  headersAheadWindows,
  maxBatchesPerLane,
  maxClockLead,
  maxExecutionLag,
  maxHeadersPerPlace,
  maxVerifiedTcs,
} from '../limits.ts';
import { append, commitHeight, timerBefore } from './core.ts';
import type { Block, Core } from './core-types.ts';
import { brokenChain, missingBatches } from './cuts.ts';
import { accuseOfTwoBlocks, accuseOfWrongRoot } from './evidence.ts';
import { wantBatch, wantHeader } from './fetch.ts';
import { appendToHistory, historyRoot, type Peaks } from './history.ts';
import type { SignedHeader } from './messages.ts';

const placeOf = (term: number, height: number): string => `${term}:${height}`;

/**
 * Keeps a header whose signature or certificate has been verified.
 *
 * @param proven a verified certificate leads to it, so no bound on its place applies
 * @returns the block, or undefined when §11 does not let it be kept
 */
export function keepHeader(
  core: Core,
  signed: SignedHeader,
  proven: boolean,
  from: number | undefined,
): Block | undefined {
  const { header } = signed;
  const held = core.blocks.get(header.id);
  if (held !== undefined) {
    if (held.entry === null && signed.entry !== null) {
      held.entry = signed.entry;
      core.again = true;
    }
    return held;
  }
  const place = placeOf(header.order.term, header.order.height);
  const rivals = core.places.get(place) ?? [];
  if (!proven && !core.qcs.has(header.id) && !mayKeepUnproven(core, signed, rivals)) return undefined;

  const block = blockOf(signed, append(core, { type: 'header', signed }));
  core.blocks.set(block.id, block);
  core.places.set(place, [...rivals, block]);
  core.wantedHeaders.delete(block.id);
  if (block.term === core.term && block.height > commitHeight(core)) core.openBlocks.add(block);
  attach(core, block);
  if (!block.connected && from !== undefined && (proven || block.term === core.term))
    wantMissingAncestor(core, block, from, proven);
  return block;
}

/** §11: the first at a place, and those that f+1 unresolved votes name, at most three; not beyond 2W above the highest QC. */
function mayKeepUnproven(core: Core, { header, signature }: SignedHeader, rivals: readonly Block[]): boolean {
  const { committee } = core;
  const highest = Math.max(core.chainQcHeight, core.highQc?.height ?? 0, commitHeight(core));
  if (header.order.height > highest + headersAheadWindows * committee.window) return false;
  if (header.order.height <= commitHeight(core)) return false;
  if (rivals.length === 0) return true;
  accuseOfTwoBlocks(core, rivals[0] as Block, { header, signature });
  return rivals.length < maxHeadersPerPlace && namedByVotes(core, header.order.term, header.id) > committee.f;
}

function namedByVotes(core: Core, term: number, id: Hash): number {
  const slots = core.slots.get(term) ?? [];
  return slots.filter((slot) => slot.oldest?.vote.tipId === id || slot.newest?.vote.tipId === id).length;
}

function blockOf({ header, signature, entry }: SignedHeader, record: number): Block {
  const { order, state } = header;
  return {
    id: header.id,
    term: order.term,
    height: order.height,
    parentId: header.parent,
    cut: order.cut,
    timeMs: state.timeMs,
    execHeight: state.execHeight,
    stateRoot: state.stateRoot,
    outboxRoot: state.outboxRoot,
    header,
    signature,
    entry,
    parent: undefined,
    children: [],
    connected: false,
    verdict: 'unknown',
    wellFormed: false,
    voted: false,
    record,
    past: undefined,
  };
}

export function signedHeader({ header, signature, entry }: Block): SignedHeader {
  return { header: header as NonNullable<Block['header']>, signature, entry };
}

function attach(core: Core, block: Block): void {
  const parent = core.blocks.get(block.parentId);
  if (parent === undefined) {
    addOrphan(core, block);
  } else {
    adopt(core, parent, block);
  }
  const orphans = core.orphans.get(block.id);
  if (orphans === undefined) return;
  core.orphans.delete(block.id);
  for (const orphan of orphans) adopt(core, block, orphan);
}

function addOrphan(core: Core, block: Block): void {
  const orphans = core.orphans.get(block.parentId);
  if (orphans === undefined) core.orphans.set(block.parentId, [block]);
  else if (!orphans.includes(block)) orphans.push(block);
}

function adopt(core: Core, parent: Block, child: Block): void {
  child.parent = parent;
  parent.children.push(child);
  if (parent.connected && !child.connected) connect(core, child);
}

/** Makes a committed block the foot of the tree: what already hangs on it connects too. */
export function plant(core: Core, block: Block, past: Peaks): void {
  block.connected = true;
  block.past = past;
  block.verdict = 'valid';
  connect(core, ...block.children);
}

function connect(core: Core, ...blocks: readonly Block[]): void {
  const pending = [...blocks];
  for (let block = pending.pop(); block !== undefined; block = pending.pop()) {
    const parent = block.parent as Block;
    if (block.height !== parent.height + 1 || parent.past === undefined) {
      block.verdict = 'invalid';
      continue;
    }
    block.connected = true;
    block.past = appendToHistory(parent.past, parent.id);
    pending.push(...block.children);
  }
  core.votesUnresolved = true;
  core.again = true;
}

function wantMissingAncestor(core: Core, block: Block, from: number | undefined, proven: boolean): void {
  let lowest = block;
  while (lowest.parent !== undefined) lowest = lowest.parent;
  if (!lowest.connected) wantHeader(core, lowest.parentId, { from, proven, height: lowest.height - 1 });
}

/** L5: the chains of the highest QC, of this term's QC and of its entry are needed down to the commit, however they were learnt. */
export function wantCertifiedChains(core: Core): void {
  const entry = core.entry?.certificate;
  const opening = entry === undefined ? undefined : 'tc' in entry ? entry.tc.qc : entry.qc;
  for (const qc of [core.highQc, core.termQc, opening]) {
    if (qc === undefined || qc === null || qc.height <= commitHeight(core)) continue;
    const block = core.blocks.get(qc.id);
    if (block === undefined) wantHeader(core, qc.id, { from: undefined, proven: true, height: qc.height });
    else if (!block.connected) wantMissingAncestor(core, block, undefined, true);
  }
}

/** The ancestor-or-self at `height`, or undefined above the block or below what is held. */
export function ancestorAt(block: Block, height: number): Block | undefined {
  let at: Block | undefined = block;
  while (at !== undefined && at.height > height) at = at.parent;
  return at?.height === height ? at : undefined;
}

export function isAncestor(ancestor: Block, of: Block): boolean {
  return ancestorAt(of, ancestor.height) === ancestor;
}

/** Whether the commit stands on another chain: of two that a Byzantine leader signs in its term one loses. */
export function hasLost({ committedTip }: Core, block: Block): boolean {
  return block.height > committedTip.height ? !isAncestor(committedTip, block) : !isAncestor(block, committedTip);
}

/**
 * The highest certified ancestor-or-self. Genesis and committed blocks count as certified. Of a chain that has lost, what
 * stands at the commit's height, or above it the lowest block that has not been swept out: ask `hasLost` first.
 */
export function certifiedBelow(core: Core, block: Block): Block {
  let at: Block = block;
  while (at.parent !== undefined && at.height > commitHeight(core) && !core.qcs.has(at.id)) at = at.parent;
  return at;
}

/** A verified certificate stands at or above the block on its chain: no earlier verdict counts against it (V1). */
export function isProven(core: Core, block: Block): boolean {
  if (core.qcs.has(block.id) || block.height <= commitHeight(core)) return true;
  for (const qc of [core.highQc, core.termQc]) {
    const certified = qc === undefined ? undefined : core.blocks.get(qc.id);
    if (certified !== undefined && isAncestor(block, certified)) return true;
  }
  return false;
}

/**
 * V1. `invalid` is decided from the bytes and the ancestors only, and from E1's root; `wait` is re-evaluated and never final.
 */
export function verdict(core: Core, block: Block): 'valid' | 'invalid' | 'wait' {
  if (block.verdict !== 'unknown') return block.verdict;
  const parent = block.parent;
  if (parent === undefined || !block.connected) return 'wait';
  if (parent.verdict === 'invalid' && !isProven(core, parent)) return settle(block, 'invalid');
  if (!block.wellFormed) {
    const structure = judgeStructure(core, block, parent);
    if (structure !== 'valid') return structure === 'invalid' ? settle(block, 'invalid') : 'wait';
    block.wellFormed = true;
  }
  const data = judgeData(core, block, parent);
  if (data !== 'valid') return data === 'invalid' ? settle(block, 'invalid') : 'wait';
  const roots = judgeExecution(core, block, parent);
  if (roots !== 'valid') return roots === 'invalid' ? settle(block, 'invalid') : 'wait';
  if (block.timeMs > core.wallMs + maxClockLead) {
    timerBefore(core, 'clock', milliseconds(core.now + block.timeMs - core.wallMs - maxClockLead));
    return 'wait'; // E4
  }
  return settle(block, 'valid');
}

function settle(block: Block, verdict: 'valid' | 'invalid'): 'valid' | 'invalid' {
  block.verdict = verdict;
  return verdict;
}

function judgeStructure(core: Core, block: Block, parent: Block): 'valid' | 'invalid' | 'wait' {
  const { committee } = core;
  const { order, state } = block.header as NonNullable<Block['header']>;
  if (order.chain !== committee.chain || order.epoch !== committee.epoch || order.cut.length !== committee.n)
    return 'invalid';
  if (order.control !== null || state.parentRef !== null || state.nextSetHash !== null) return 'invalid'; // §13: not in version 1
  if (block.past === undefined || state.historyRoot !== historyRoot(block.past)) return 'invalid';
  const entered = judgeEntry(block, parent);
  if (entered !== 'valid') return entered;
  if (block.timeMs <= parent.timeMs) return 'invalid'; // E4
  const repeats = repeatsParent(block, parent);
  if (block.execHeight < parent.execHeight || block.execHeight >= block.height) return 'invalid'; // E1
  if (block.execHeight === parent.execHeight && !repeats) return 'invalid';
  if (block.height - block.execHeight > maxExecutionLag && !(isFirst(block, parent) && repeats)) return 'invalid';
  for (let lane = 0; lane < committee.n; lane++) {
    const head = block.cut[lane] as Block['cut'][number];
    const below = parent.cut[lane] as Block['cut'][number];
    if (head.seq < below.seq || head.seq > below.seq + maxBatchesPerLane) return 'invalid';
    if (head.seq === below.seq && head.digest !== below.digest) return 'invalid';
  }
  return 'valid';
}

const isFirst = (block: Block, parent: Block): boolean => block.term !== parent.term;

const repeatsParent = (block: Block, parent: Block): boolean =>
  block.execHeight === parent.execHeight &&
  block.stateRoot === parent.stateRoot &&
  block.outboxRoot === parent.outboxRoot;

/** The first block of a term stands on the block that its entry's certificate names; without an entry it is not judged. */
function judgeEntry(block: Block, parent: Block): 'valid' | 'invalid' | 'wait' {
  if (!isFirst(block, parent)) return 'valid';
  if (block.term === 0) return parent.height === 0 ? 'valid' : 'invalid';
  if (block.entry === null) return 'wait';
  const certified = block.entry.qc === null ? 0 : block.entry.qc.height;
  const fits = certified === parent.height && (block.entry.qc === null || block.entry.qc.id === parent.id);
  return fits && parent.term < block.term ? 'valid' : 'invalid';
}

/** V2: a voter holds every batch of the block. */
function judgeData(core: Core, block: Block, parent: Block): 'valid' | 'invalid' | 'wait' {
  const missing = missingBatches(core, block, parent);
  if (missing === brokenChain) return 'invalid';
  const leader = leaderOf(core.committee, block.term);
  for (const digest of missing) wantBatch(core, digest, { from: leader, proven: true });
  return missing.length === 0 ? 'valid' : 'wait';
}

/** E1: a voter waits until it has executed that far; the first block of a term may repeat its parent's pair unchecked. */
function judgeExecution(core: Core, block: Block, parent: Block): 'valid' | 'invalid' | 'wait' {
  if (repeatsParent(block, parent)) return 'valid';
  if (core.executed < block.execHeight) return 'wait';
  const ours = core.roots.get(block.execHeight);
  if (ours === undefined) return 'wait';
  if (ours.stateRoot === block.stateRoot && ours.outboxRoot === block.outboxRoot) return 'valid';
  accuseOfWrongRoot(core, block, ours.stateRoot);
  return 'invalid';
}

/** E1: a different root in a certified block means that this node has diverged from q−f honest ones. */
export function divergesFrom(core: Core, block: Block): boolean {
  const ours = core.roots.get(block.execHeight);
  return (
    ours !== undefined &&
    core.executed >= block.execHeight &&
    (ours.stateRoot !== block.stateRoot || ours.outboxRoot !== block.outboxRoot)
  );
}

/** Whether `entry` is a valid TC that opens `term`; each certificate is verified once (Q2). */
export function opens(core: Core, entry: TimeoutCert, term: number): boolean {
  return entry.term === term - 1 && verifiedTimeoutCert(core, entry);
}

export function verifiedTimeoutCert(core: Core, tc: TimeoutCert): boolean {
  const key = sha256Hex(encode(timeoutCertShape.write(tc)));
  let known = core.verifiedTcs.get(key);
  if (known === undefined) {
    known = verifyTimeoutCert(core.committee, tc);
    if (core.verifiedTcs.size >= maxVerifiedTcs) core.verifiedTcs.clear();
    core.verifiedTcs.set(key, known);
  }
  return known;
}

/** Drops a block and what hangs on it from the tree; committed ones live on in the archive. */
export function forgetBlock(core: Core, block: Block): void {
  core.blocks.delete(block.id);
  core.openBlocks.delete(block);
  core.qcs.delete(block.id);
  const place = placeOf(block.term, block.height);
  const rest = (core.places.get(place) ?? []).filter((other) => other !== block);
  if (rest.length === 0) core.places.delete(place);
  else core.places.set(place, rest);
  for (const child of block.children) {
    if (child.parent !== block) continue;
    child.parent = undefined;
    // a kept descendant is linked again when the header comes back
    if (child.height > commitHeight(core) && core.blocks.has(child.id)) addOrphan(core, child);
  }
  core.orphans.delete(block.id);
  const orphans = core.orphans.get(block.parentId);
  if (orphans !== undefined && removeFrom(orphans, block) && orphans.length === 0) core.orphans.delete(block.parentId);
  if (block.parent !== undefined) removeFrom(block.parent.children, block);
}

function removeFrom(blocks: Block[], block: Block): boolean {
  const position = blocks.indexOf(block);
  if (position >= 0) blocks.splice(position, 1);
  return position >= 0;
}
