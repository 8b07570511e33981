// Votes of others and what q of them prove (§4, rules V4 and V5). A vote comes only over its signer's own link, so its
// signature is checked when a quorum needs it, and a newer vote from the same peer replaces an unchecked one.

import { milliseconds } from '../../lib/units.ts';
import { certifiedBlock } from '../certificate/shapes.ts';
import type { QuorumCert, Vote } from '../certificate/types.ts';
import { verifyVote } from '../certificate/verify.ts';
import { askAgainAfter, maxLinksWindows, rebroadcastEvery, votedHeaderAsks } from '../limits.ts';
import { ancestorAt, isAncestor } from './blocks.ts';
import { learnQc, onCommitCert } from './certify.ts';
import { commitHeight, emit, mayRepeat, send, timerBefore } from './core.ts';
import type { Block, Core, SlotVote, VoteSlot } from './core-types.ts';
import { sendEntry } from './entry.ts';
import { accuseOfTwoTips, compareWithTimeout } from './evidence.ts';
import { wantHeader } from './fetch.ts';

export function onVote(core: Core, vote: Vote, executed: number, from: number): void {
  if (vote.voter !== from) {
    emit(core, { type: 'misbehaved', peer: from, reason: 'vote-of-another' });
    return;
  }
  if (executed > (core.reportedExecution[from] as number)) {
    core.reportedExecution[from] = executed;
    core.again = true;
  }
  const seen = core.seenVotes[from];
  if (seen === undefined || vote.term > seen.term || (vote.term === seen.term && vote.tipHeight >= seen.tipHeight))
    core.seenVotes[from] = vote;
  if (from !== core.me) compareWithTimeout(core, vote, core.seenTimeouts[from]);
  if (vote.term < core.term) sendEntry(core, from); // L2
  if (vote.term > core.term || vote.term < core.term - 1) return;
  if (vote.commit !== null && vote.commit > vote.tipHeight) return;
  place(core, { vote, verified: from === core.me, since: core.now, asked: 0 });
  core.dirtyTallies.add(vote.term);
  core.again = true;
}

/** Every held vote of a validator for a term: the newest that came, and what V5 keeps. */
export function votesOf(core: Core, voter: number, term: number): ReadonlySet<Vote> {
  const slot = core.slots.get(term)?.[voter];
  const held = [core.seenVotes[voter], slot?.resolved?.vote, slot?.oldest?.vote, slot?.newest?.vote];
  return new Set(held.filter((vote): vote is Vote => vote?.term === term));
}

/** Votes of a term, or of the one before, that came before this node entered it: their senders will not repeat them. */
export function placeEarlyVotes(core: Core): void {
  for (const [peer, vote] of core.seenVotes.entries()) {
    if (vote === undefined || peer === core.me || vote.term > core.term || vote.term < core.term - 1) continue;
    if (vote.commit !== null && vote.commit > vote.tipHeight) continue;
    place(core, { vote, verified: false, since: core.now, asked: 0 });
    core.dirtyTallies.add(vote.term);
  }
}

function slotOf(core: Core, term: number, voter: number): VoteSlot {
  let slots = core.slots.get(term);
  if (slots === undefined) {
    slots = Array.from({ length: core.committee.n }, () => ({
      resolved: undefined,
      oldest: undefined,
      newest: undefined,
    }));
    core.slots.set(term, slots);
  }
  return slots[voter] as VoteSlot;
}

function tipOf(core: Core, vote: Vote): Block | undefined {
  const block = core.blocks.get(vote.tipId);
  return block?.connected && block.height === vote.tipHeight && block.term === vote.term ? block : undefined;
}

const resolves = (core: Core, entry: SlotVote): boolean => tipOf(core, entry.vote) !== undefined;

/** V4: not stale, that is, at least one cursor beyond and none behind. */
function isNewer(vote: Vote, than: Vote): boolean {
  const commit = vote.commit ?? -1;
  const thanCommit = than.commit ?? -1;
  return (
    vote.tipHeight >= than.tipHeight && commit >= thanCommit && (vote.tipHeight > than.tipHeight || commit > thanCommit)
  );
}

/** V5: the newest that resolves, the oldest that does not, the newest that does not. */
function place(core: Core, entry: SlotVote): void {
  const slot = slotOf(core, entry.vote.term, entry.vote.voter);
  const tip = tipOf(core, entry.vote);
  const { resolved } = slot;
  if (tip !== undefined) {
    if (resolved === undefined || supersedes(core, entry, tip, resolved)) slot.resolved = entry;
    return;
  }
  if (resolved !== undefined && !isNewer(entry.vote, resolved.vote)) return;
  if (slot.oldest === undefined) slot.oldest = entry;
  else if (isNewer(entry.vote, (slot.newest ?? slot.oldest).vote)) slot.newest = entry;
}

function supersedes(core: Core, entry: SlotVote, tip: Block, resolved: SlotVote): boolean {
  const before = tipOf(core, resolved.vote);
  if (before === undefined) return true;
  const oneChain = isAncestor(before, tip) || isAncestor(tip, before);
  if (!oneChain && confirm(core, entry) && confirm(core, resolved)) {
    accuseOfTwoTips(core, entry.vote, resolved.vote);
  }
  return isNewer(entry.vote, resolved.vote) && isAncestor(before, tip);
}

function confirm(core: Core, entry: SlotVote): boolean {
  if (!entry.verified) entry.verified = verifyVote(core.committee, entry.vote);
  return entry.verified;
}

/** Blocks have been connected: look again at the votes that named unknown ones. */
export function resolveVotes(core: Core): void {
  core.votesUnresolved = false;
  for (const [term, slots] of core.slots) {
    for (const slot of slots) {
      const { oldest, newest } = slot;
      if (oldest === undefined || !(resolves(core, oldest) || (newest !== undefined && resolves(core, newest))))
        continue;
      slot.oldest = undefined;
      slot.newest = undefined;
      // the newest first: once it resolves, an older one that does not is of no use
      if (newest !== undefined) place(core, newest);
      place(core, oldest);
      core.dirtyTallies.add(term);
    }
  }
}

/** V5: a vote that has not resolved for 200 ms: ask for its header, at most W steps and a few times. */
export function askForVotedHeaders(core: Core): void {
  core.timers.delete('votes');
  for (const [term, slots] of core.slots) {
    if (term < core.term - 1) continue;
    for (const { oldest } of slots) {
      if (oldest === undefined || oldest.asked >= votedHeaderAsks) continue;
      const due = oldest.since + askAgainAfter * (oldest.asked + 1);
      if (due > core.now) {
        timerBefore(core, 'votes', milliseconds(due));
        continue;
      }
      oldest.asked += 1;
      const { tipId, tipHeight, voter } = oldest.vote;
      wantHeader(core, tipId, { from: voter, proven: false, height: tipHeight });
      if (oldest.asked < votedHeaderAsks) timerBefore(core, 'votes', milliseconds(core.now + askAgainAfter));
    }
  }
}

export function tallyDirty(core: Core): void {
  const terms = [...core.dirtyTallies];
  core.dirtyTallies = new Set();
  for (const term of terms) {
    const slots = core.slots.get(term);
    if (slots === undefined) continue;
    while (tally(core, term, slots) === 'bad-signature');
  }
}

interface Candidate {
  readonly entry: SlotVote;
  readonly tip: Block;
}

/** Among equals first those whose signature is known to be good: a quorum of them costs nothing. */
const byHeight = (a: Candidate, b: Candidate): number =>
  a.tip.height - b.tip.height || Number(b.entry.verified) - Number(a.entry.verified);

function tally(core: Core, term: number, slots: readonly VoteSlot[]): 'done' | 'bad-signature' {
  const candidates: Candidate[] = [];
  for (const { resolved } of slots) {
    const tip = resolved === undefined ? undefined : tipOf(core, resolved.vote);
    if (resolved !== undefined && tip !== undefined) candidates.push({ entry: resolved, tip });
  }
  if (candidates.length < core.committee.q) return 'done';
  candidates.sort(byHeight);
  const certified = tallyTips(core, candidates);
  return certified === 'bad-signature' ? certified : tallyCommits(core, term, candidates);
}

/** q tips on one chain at or above x: a QC for x. The highest such x first. */
function tallyTips(core: Core, candidates: readonly Candidate[]): 'done' | 'bad-signature' {
  for (let low = candidates.length - core.committee.q; low >= 0; low--) {
    const x = (candidates[low] as Candidate).tip;
    if (core.qcs.has(x.id) || x.height <= commitHeight(core)) return 'done';
    const set = quorumAbove(core, x, candidates);
    if (set === undefined) continue;
    if (!verifySet(core, set)) return 'bad-signature';
    learnQc(core, certificateOf(x, set), core.me);
    return 'done';
  }
  return 'done';
}

/** q votes with c ≥ x whose tips lie on one chain: x is committed with all its ancestors. */
function tallyCommits(core: Core, term: number, candidates: readonly Candidate[]): 'done' | 'bad-signature' {
  const committing = candidates
    .filter(({ entry }) => entry.vote.commit !== null)
    .sort((a, b) => (a.entry.vote.commit as number) - (b.entry.vote.commit as number));
  for (let low = committing.length - core.committee.q; low >= 0; low--) {
    const { entry, tip } = committing[low] as Candidate;
    const x = ancestorAt(tip, entry.vote.commit as number);
    if (x === undefined || x.height <= commitHeight(core)) return 'done';
    if (x.term !== term) continue;
    const reaching = committing.filter((each) => (each.entry.vote.commit as number) >= x.height);
    const set = quorumAbove(core, x, reaching.sort(byHeight));
    if (set === undefined) continue;
    if (!verifySet(core, set)) return 'bad-signature';
    onCommitCert(core, certificateOf(x, set), core.me);
    return 'done';
  }
  return 'done';
}

/** The q lowest candidates that stand on one chain above x, within the links that a certificate may carry (Q1). */
function quorumAbove(core: Core, x: Block, ascending: readonly Candidate[]): readonly Candidate[] | undefined {
  const { q, window } = core.committee;
  const above = ascending.filter(
    ({ tip }) => tip.height >= x.height && tip.height <= x.height + maxLinksWindows * window,
  );
  for (let top = q - 1; top < above.length; top++) {
    const set = onOneChain(x, above.slice(0, top + 1));
    if (set.length >= q) return set.slice(0, q);
  }
  return undefined;
}

/** Those between x and the last one that lie on the last one's chain: one walk down for all of them. */
function onOneChain(x: Block, ascending: readonly Candidate[]): readonly Candidate[] {
  const set: Candidate[] = [];
  let at: Block | undefined = ascending.at(-1)?.tip;
  for (let i = ascending.length - 1; i >= 0; i--) {
    const candidate = ascending[i] as Candidate;
    while (at !== undefined && at.height > candidate.tip.height) at = at.parent;
    if (at === candidate.tip) set.push(candidate);
  }
  while (at !== undefined && at.height > x.height) at = at.parent;
  return at === x ? set.reverse() : [];
}

/** Checks the signatures that the certificate needs; a bad one leaves its slot. */
function verifySet(core: Core, set: readonly Candidate[]): boolean {
  let good = true;
  for (const { entry } of set) {
    if (confirm(core, entry)) continue;
    good = false;
    slotOf(core, entry.vote.term, entry.vote.voter).resolved = undefined;
    emit(core, { type: 'misbehaved', peer: entry.vote.voter, reason: 'bad-vote-signature' });
  }
  return good;
}

function certificateOf(x: Block, set: readonly Candidate[]): QuorumCert {
  const highest = set.reduce((best, { tip }) => (tip.height > best.height ? tip : best), x);
  const links = [];
  for (let at: Block = highest; at !== x; at = at.parent as Block)
    links.unshift((at.header as NonNullable<Block['header']>).body);
  return certifiedBlock({
    term: x.term,
    height: x.height,
    parent: x.parentId,
    body: (x.header as NonNullable<Block['header']>).body,
    links,
    votes: set.map(({ entry: { vote } }) => ({
      voter: vote.voter,
      tipHeight: vote.tipHeight,
      tipId: vote.tipId,
      commit: vote.commit,
      signature: vote.signature,
    })),
  });
}
