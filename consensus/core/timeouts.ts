// Timeouts of all validators (§6): what f+1 and what q of them mean, and what their senders are told.

import { leaderOf } from '../certificate/committee.ts';
import { outranks, type QuorumCert, type Timeout, type TimeoutCert } from '../certificate/types.ts';
import { verifyQuorumCert, verifyTimeout } from '../certificate/verify.ts';
import { rebroadcastEvery, timeoutQcsPerValidator } from '../limits.ts';
import { learnQc, onTimeoutCert } from './certify.ts';
import { emit, mayRepeat, maySign, send } from './core.ts';
import type { Core } from './core-types.ts';
import { sendEntry } from './entry.ts';
import { accuseOfTwoTimeouts, compareWithTimeout } from './evidence.ts';
import { votesOf } from './tally.ts';
import { abandon, adoptTerm, resign } from './terms.ts';

export function onTimeout(core: Core, timeout: Timeout, qc: QuorumCert | null, from: number): void {
  if (from !== core.me) {
    if (timeout.voter !== from || !verifyTimeout(core.committee, timeout)) {
      emit(core, { type: 'misbehaved', peer: from, reason: 'bad-timeout' });
      return;
    }
    noteContradiction(core, timeout);
    for (const vote of votesOf(core, from, timeout.term)) compareWithTimeout(core, vote, timeout);
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
  accuseOfTwoTimeouts(core, seen, timeout);
}

/** The certificates that held Timeouts name, one per Timeout, so that a TC can be formed from them. */
function rememberTimeoutQc(core: Core, qc: QuorumCert): void {
  if (core.timeoutQcs.size >= timeoutQcsPerValidator * core.committee.n) {
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

/** TC when q Timeouts of a term ≥ mine are there; else join when f+1 peers are in a term ≥ mine. */
export function countTimeouts(core: Core): void {
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
