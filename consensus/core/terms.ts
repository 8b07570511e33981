// Changing the term (§6): abandoning one, joining others that did, and entering the next; rules T2 and T3 are reasons to
// abandon, R2 and TC are ways to enter.

import { assert } from '../../lib/assert.ts';
import { milliseconds } from '../../lib/units.ts';
import { leaderOf } from '../certificate/committee.ts';
import { type EntryCert, outranks, type QuorumCert, type Timeout, type TimeoutCert } from '../certificate/types.ts';
import { verifyQuorumCert, verifyTimeout } from '../certificate/verify.ts';
import { rebroadcastEvery, timerBase, timerCap } from '../limits.ts';
import { forgetDeadBranches } from './blocks.ts';
import { learnQc, onTimeoutCert } from './certify.ts';
import { append, commitHeight, emit, mayRepeat, maySign, send } from './core.ts';
import type { Core } from './core-types.ts';
import { placeEarlyVotes, sendEntry } from './tally.ts';

/** Gives up the current term: journal the Timeout; it is signed and sent when it is durable (D1). */
export function abandon(core: Core, reason: string): void {
  if (core.timedOut || !maySign(core)) return;
  // with q = 1 a vote that waits for its sync is a certificate that the Timeout would have to name
  if (core.committee.q === 1 && core.held.some((held) => held.vote !== undefined)) return;
  const qc = core.highQc ?? null;
  assert(qc === null || qc.term <= core.term, 'R2: no certificate of a later term is known without having entered it');
  core.timedOut = true;
  core.timeout = { term: core.term, qc };
  const after = append(core, { type: 'timeout', timeout: core.timeout });
  core.held.push({ after, timeout: core.timeout });
  core.timers.delete('progress');
  core.timers.delete('have');
  emit(core, { type: 'abandoned', term: core.term, reason });
  core.again = true;
}

export function onTimeout(core: Core, timeout: Timeout, qc: QuorumCert | null, from: number): void {
  if (from !== core.me) {
    if (timeout.voter !== from || !verifyTimeout(core.committee, timeout)) {
      emit(core, { type: 'misbehaved', peer: from, reason: 'bad-timeout' });
      return;
    }
    noteContradiction(core, timeout);
    const seen = core.seenTimeouts[from];
    if (seen === undefined || timeout.term > seen.term) core.seenTimeouts[from] = timeout;
    if (timeout.term < core.term) {
      sendEntry(core, from); // L2
      return;
    }
    if (qc !== null) learnQc(core, qc, from);
  }
  if (qc !== null && qc.id === timeout.highest.id) rememberTimeoutQc(core, qc);
  if (timeout.term < core.term) return;
  const latest = core.latestTimeouts[from];
  if (latest === undefined || timeout.term > latest.term) core.latestTimeouts[from] = timeout;
  if (timeout.term === core.term) {
    if (!core.termTimeouts.has(from)) core.termTimeouts.set(from, timeout);
    if (from !== core.me) helpBehind(core, timeout, from);
    if (from === leaderOf(core.committee, core.term) && from !== core.me && !core.timedOut) resign(core); // T3
  }
  countTimeouts(core);
}

/** §11: two different Timeouts of one validator for one term. */
function noteContradiction(core: Core, timeout: Timeout): void {
  const seen = core.seenTimeouts[timeout.voter];
  if (seen === undefined || seen.term !== timeout.term || seen.highest.id === timeout.highest.id) return;
  const detail = `term ${timeout.term}: ${seen.highest.id} and ${timeout.highest.id}`;
  emit(core, { type: 'evidence', kind: 'two-timeouts', validator: timeout.voter, detail });
}

/** The certificates that held Timeouts name, one per Timeout, so that a TC can be formed from them. */
function rememberTimeoutQc(core: Core, qc: QuorumCert): void {
  if (core.timeoutQcs.size >= 4 * core.committee.n) {
    const named = new Set([...core.latestTimeouts, ...core.termTimeouts.values()].map((each) => each?.highest.id));
    for (const id of core.timeoutQcs.keys()) if (!named.has(id)) core.timeoutQcs.delete(id);
  }
  core.timeoutQcs.set(qc.id, qc);
}

/** L2: a Timeout of my term from a node behind me. */
function helpBehind(core: Core, timeout: Timeout, from: number): void {
  const { highQc, commitCert } = core;
  const behind =
    (highQc !== undefined && outranks(highQc, timeout.highest)) ||
    (commitCert !== undefined && !outranks(timeout.highest, commitCert));
  if (!behind || !mayRepeat(core, `behind:${from}`, rebroadcastEvery)) return;
  if (commitCert !== undefined) send(core, from, { type: 'commit', certificate: commitCert });
  if (highQc !== undefined) send(core, from, { type: 'qc', qc: highQc });
}

/** T3: the leader's own Timeout ends its term for everyone. */
function resign(core: Core): void {
  core.resigned = true;
  abandon(core, 'leader-resigned');
}

/** TC when q Timeouts of a term ≥ mine are there; else join when f+1 peers are in a term ≥ mine. */
function countTimeouts(core: Core): void {
  const { committee } = core;
  const byTerm = new Map<number, Map<number, Timeout>>();
  for (const timeout of [...core.latestTimeouts, ...core.termTimeouts.values()]) {
    if (timeout === undefined || timeout.term < core.term) continue;
    const ofTerm = byTerm.get(timeout.term) ?? new Map<number, Timeout>();
    byTerm.set(timeout.term, ofTerm.set(timeout.voter, timeout));
  }
  for (const [term, timeouts] of [...byTerm].sort(([a], [b]) => b - a)) {
    const tc = formTimeoutCert(core, term, [...timeouts.values()]);
    if (tc === undefined) continue;
    onTimeoutCert(core, tc, core.me);
    shareTimeoutCert(core, tc);
    return;
  }
  const terms = core.latestTimeouts
    .filter((timeout, peer): timeout is Timeout => timeout !== undefined && peer !== core.me)
    .map((timeout) => timeout.term)
    .sort((a, b) => b - a);
  const joined = terms[committee.f];
  if (joined === undefined || joined < core.term || !maySign(core)) return;
  if (joined > core.term) adoptTerm(core, joined);
  if (core.term === joined) abandon(core, 'join');
}

/** Q3: only the highest `highest` needs its certificate; if that is bad or missing, its Timeout is dropped. */
function formTimeoutCert(core: Core, term: number, timeouts: readonly Timeout[]): TimeoutCert | undefined {
  const { committee } = core;
  let rest = [...timeouts].sort((a, b) =>
    outranks(a.highest, b.highest) ? -1 : outranks(b.highest, a.highest) ? 1 : a.voter - b.voter,
  );
  while (rest.length >= committee.q) {
    const top = rest[0] as Timeout;
    const qc = certificateNamed(core, top, term);
    if (qc === undefined) {
      rest = rest.slice(1);
      continue;
    }
    const agreeing = rest.filter((each) => outranks(top.highest, each.highest) || each.highest.id === top.highest.id);
    return agreeing.length >= committee.q ? { term, timeouts: agreeing.slice(0, committee.q), qc } : undefined;
  }
  return undefined;
}

function certificateNamed(core: Core, { highest }: Timeout, term: number): QuorumCert | null | undefined {
  if (highest.id === core.committee.genesisId && highest.term === -1 && highest.height === 0) return null;
  const qc =
    core.qcs.get(highest.id) ??
    (core.commitCert?.id === highest.id ? core.commitCert : core.timeoutQcs.get(highest.id));
  if (qc === undefined || qc.term !== highest.term || qc.height !== highest.height || qc.term > term) return undefined;
  return core.qcs.has(qc.id) || verifyQuorumCert(core.committee, qc, 'accept') ? qc : undefined;
}

/** Once to the next leader and to peers not known to be beyond. */
function shareTimeoutCert(core: Core, tc: TimeoutCert): void {
  const next = leaderOf(core.committee, tc.term + 1);
  for (let peer = 0; peer < core.committee.n; peer++) {
    const latest = core.latestTimeouts[peer];
    if (peer === next || latest === undefined || latest.term <= tc.term)
      send(core, peer, { type: 'entry', entry: { tc } });
  }
}

/** Join: ENTER without a certificate; the entry certificate stays the older one. */
function adoptTerm(core: Core, term: number): void {
  beginTerm(core, term, null, 'join');
}

export function enterTerm(core: Core, term: number, certificate: EntryCert, reason: string): void {
  if (term <= core.term) return;
  if (!core.usefulCommit) core.timeoutBase = milliseconds(Math.min(timerCap, core.timeoutBase * 2)); // T1
  core.entry = { term, certificate };
  beginTerm(core, term, certificate, reason);
}

function beginTerm(core: Core, term: number, certificate: EntryCert | null, reason: string): void {
  core.term = term;
  core.timedOut = false;
  core.enterRecord = append(core, { type: 'enter', term, certificate });
  emit(core, { type: 'entered', term, reason });
  resetTerm(core);
  forgetDeadBranches(core);
  placeEarlyVotes(core);
  const leadersTimeout = core.termTimeouts.get(leaderOf(core.committee, term));
  if (leadersTimeout !== undefined && leadersTimeout.voter !== core.me) resign(core); // T3: also one already held
  countTimeouts(core);
}

/** Forgets what belonged to the term before; recovery uses it too. */
export function resetTerm(core: Core): void {
  core.usefulCommit = false;
  core.resigned = false;
  core.draining = false;
  core.tip = undefined;
  core.sentChainQc = undefined;
  core.workedMs = 0;
  core.workSince = undefined;
  core.haveSent = false;
  for (const timer of ['progress', 'have', 'rebroadcast', 'planned', 'leader-link'] as const) core.timers.delete(timer);
  core.termTimeouts.clear();
  for (const timeout of core.latestTimeouts)
    if (timeout?.term === core.term) core.termTimeouts.set(timeout.voter, timeout);
  for (const term of core.slots.keys()) if (term < core.term - 1) core.slots.delete(term);
  core.openBlocks.clear();
  for (const block of core.blocks.values()) {
    if (block.term === core.term && block.height > commitHeight(core)) core.openBlocks.add(block);
  }
  core.termQc = undefined;
  for (const qc of core.qcs.values()) {
    if (qc.term === core.term && (core.termQc === undefined || outranks(qc, core.termQc))) core.termQc = qc;
  }
  core.again = true;
}
