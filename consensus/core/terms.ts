// Changing the term (§6): abandoning one and entering the next; rules T2 and T3 are reasons to abandon, R2, TC and joining
// others (timeouts.ts) are ways to enter.

import { assert } from '../../lib/assert.ts';
import { milliseconds } from '../../lib/units.ts';
import { leaderOf } from '../certificate/committee.ts';
import { type EntryCert, outranks } from '../certificate/types.ts';
import { timerCap } from '../limits.ts';
import { forgetDeadBranches } from './branches.ts';
import { append, commitHeight, emit, maySign } from './core.ts';
import type { Core } from './core-types.ts';

/** Gives up the current term: journal the Timeout; it is signed and sent when it is durable (D1). */
export function abandon(core: Core, reason: string): void {
  if (core.timedOut || !maySign(core)) return;
  if (voteIsAhead(core)) return;
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

/** With q = 1 a vote is a certificate that a Timeout would have to name: it waits until the vote is durable and counted. */
function voteIsAhead({ committee, vote, highQc }: Core): boolean {
  if (committee.q > 1 || vote === undefined || vote.commit === null) return false;
  return highQc === undefined || outranks({ term: vote.term, height: vote.commit }, highQc);
}

/** T3: the leader's own Timeout ends its term for everyone. */
export function resign(core: Core): void {
  core.resigned = true;
  abandon(core, 'leader-resigned');
}

/** Join: ENTER without a certificate; the entry certificate stays the older one. */
export function adoptTerm(core: Core, term: number): void {
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
  const leadersTimeout = core.termTimeouts.get(leaderOf(core.committee, term));
  if (leadersTimeout !== undefined && leadersTimeout.voter !== core.me) resign(core); // T3: also one already held
  core.termBegun = true;
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
