// Work known, and the timers that run only while there is any (§6 T1–T4): an idle chain sends nothing and waits for nothing.

import { type Ms, milliseconds } from '../../lib/units.ts';
import { leaderOf } from '../certificate/committee.ts';
import type { LaneHead } from '../certificate/types.ts';
import { coverAfter, leaderLinkGrace, maxAnnouncedPerLane, rebroadcastEvery, restAfter } from '../limits.ts';
import { wantCertifiedChains } from './blocks.ts';
import { signCheckpoint } from './checkpoints.ts';
import { commitHeight, maySign, recordCommit, send, timerBefore } from './core.ts';
import type { Core, Lane, TimerName } from './core-types.ts';
import { askForWanted } from './fetch.ts';
import { follower, hasOrderable } from './lanes.ts';
import { askForVotedHeaders } from './tally.ts';
import { abandon } from './terms.ts';

/** A command was committed whose result no committed block covers yet (E3). */
export const hasUncovered = (core: Core): boolean => core.lastOrdered > core.committedTip.execHeight;

/**
 * E3: whether a block of its own should cover what no block covers. Not at once: where commands follow each other, the next
 * one's block does, and a block costs far more than a command.
 */
export function coverIsDue(core: Core): boolean {
  if (!hasUncovered(core)) return false;
  const due = milliseconds(core.lastCommit + coverAfter);
  if (core.now >= due) return true;
  timerBefore(core, 'cover', due);
  return false;
}

export interface Work {
  /** batches that a leader could order */
  readonly batches: boolean;
  /** anything that is already on its way through consensus */
  readonly consensus: boolean;
}

/** T1. Blocks of earlier terms that are not below highQC are no work, else a dead branch keeps the chain awake for ever. */
export function workKnown(core: Core): Work {
  const open = hasOpenBlock(core);
  const certified = (core.highQc?.height ?? 0) > commitHeight(core);
  const uncovered = hasUncovered(core) && core.executed >= core.lastOrdered;
  const timeouts = core.termTimeouts.size > (core.me !== undefined && core.termTimeouts.has(core.me) ? 1 : 0);
  return { batches: hasOrderable(core), consensus: open || certified || uncovered || timeouts };
}

function hasOpenBlock(core: Core): boolean {
  for (const block of core.openBlocks) {
    if (block.height <= commitHeight(core))
      core.openBlocks.delete(block); // it lost against a committed one
    else if (block.verdict !== 'invalid') return true;
  }
  return false;
}

/** What is due now; called at the beginning of a turn. */
export function fireTimers(core: Core): void {
  for (const [name, at] of core.timers) {
    if (at > core.now) continue;
    core.timers.delete(name);
    fire(core, name);
  }
}

function fire(core: Core, name: TimerName): void {
  switch (name) {
    case 'progress':
      abandon(core, 'no-progress');
      break;
    case 'have':
      announceWaiting(core);
      break;
    case 'rebroadcast':
      rebroadcast(core);
      break;
    case 'record':
      recordCommit(core);
      break;
    case 'rest':
      signCheckpoint(core, commitHeight(core));
      break;
    default: // the turn itself looks at what these were set for
      break;
  }
}

/** T4: work that is in no block of this term: tell the leader what to pull. */
function announceWaiting(core: Core): void {
  core.haveSent = true;
  const batches = [];
  for (let lane = 0; lane < core.lanes.length; lane++) {
    let at: LaneHead = (core.lanes[lane] as Lane).committed;
    for (let i = 0; i < maxAnnouncedPerLane; i++) {
      const batch = follower(core, lane, at);
      if (batch === undefined) break;
      batches.push({ lane, seq: batch.seq, digest: batch.digest });
      at = { seq: batch.seq, digest: batch.digest };
    }
  }
  if (batches.length > 0) send(core, leaderOf(core.committee, core.term), { type: 'have', batches });
}

function rebroadcast(core: Core): void {
  const timeout = core.signedTimeout;
  if (!core.timedOut || timeout === undefined || timeout.term !== core.term || core.timeout === undefined) return;
  send(core, 'all', { type: 'timeout', timeout, qc: core.timeout.qc });
  if (core.entry !== undefined) send(core, 'all', { type: 'entry', entry: core.entry.certificate });
}

/** Sets the timers that the state asks for; called at the end of a turn. */
export function setTimers(core: Core): void {
  askForVotedHeaders(core);
  wantCertifiedChains(core);
  askForWanted(core);
  const work = workKnown(core);
  const anyWork = work.batches || work.consensus;
  accountTerm(core, anyWork);
  watchLeaderLink(core, anyWork);
  setProgressTimers(core, work);
  if (core.timedOut && anyWork && maySign(core))
    timerBefore(core, 'rebroadcast', milliseconds(core.now + rebroadcastEvery));
  else core.timers.delete('rebroadcast');
  restTimer(core, anyWork);
  reportExecution(core);
}

/** T3: a planned term is 30 s of accumulated time with work; voters give up after twice that. */
function accountTerm(core: Core, anyWork: boolean): void {
  if (anyWork && core.workSince === undefined) core.workSince = core.now;
  if (!anyWork && core.workSince !== undefined) {
    core.workedMs += core.now - core.workSince;
    core.workSince = undefined;
  }
  core.timers.delete('planned');
  if (!anyWork || core.timedOut || !maySign(core)) return;
  const leading = leaderOf(core.committee, core.term) === core.me;
  const planned = core.options.plannedTermMs * (leading ? 1 : 2);
  const worked = core.workedMs + (core.workSince === undefined ? 0 : core.now - core.workSince);
  if (worked < planned) {
    core.timers.set('planned', milliseconds(core.now + planned - worked));
    return;
  }
  if (!leading) {
    abandon(core, 'term-too-long');
    return;
  }
  core.draining = true;
  if (core.tip === undefined || core.tip.height <= commitHeight(core)) {
    core.resigned = true;
    abandon(core, 'planned-end');
  }
}

/** T2: the leader's link has been down for 150 ms, and the links to q−1 others are up: abandon at once. */
function watchLeaderLink(core: Core, anyWork: boolean): void {
  core.timers.delete('leader-link');
  const leader = leaderOf(core.committee, core.term);
  if (!anyWork || core.timedOut || leader === core.me || core.up[leader] || !maySign(core)) return;
  const due = milliseconds((core.downSince[leader] as Ms) + leaderLinkGrace);
  if (core.now < due) {
    core.timers.set('leader-link', due);
    return;
  }
  const others = core.up.filter((up, peer) => up && peer !== leader && peer !== core.me).length;
  if (others >= core.committee.q - 1) abandon(core, 'leader-link-down');
}

/** T1 and T4: batches alone are announced to the leader first, and the progress timer starts then. */
function setProgressTimers(core: Core, work: Work): void {
  // a leader that executes as slowly as this node may be holding back: what waits here is no fault of its
  const executing = core.executed < commitHeight(core);
  if (core.timedOut || !maySign(core) || !(work.batches || work.consensus) || executing) {
    core.timers.delete('progress');
    core.timers.delete('have');
    return;
  }
  const leading = leaderOf(core.committee, core.term) === core.me;
  if (leading) core.haveSent = true;
  if (!core.haveSent && work.batches)
    timerBefore(core, 'have', milliseconds(core.timers.get('have') ?? core.now + core.timeoutBase / 4));
  if ((work.consensus || core.haveSent) && !core.timers.has('progress'))
    core.timers.set('progress', milliseconds(core.now + core.timeoutBase));
}

/** §9: a checkpoint at rest, a second after the last result was covered; one timer, then silence. */
function restTimer(core: Core, anyWork: boolean): void {
  const height = commitHeight(core);
  const atRest =
    !anyWork && !hasUncovered(core) && core.executed >= height && height > core.checkpointSigned && maySign(core);
  if (!atRest) core.timers.delete('rest');
  else if (!core.timers.has('rest')) core.timers.set('rest', milliseconds(core.now + restAfter));
}

/** E3: this node has executed the last uncovered command: the same signed vote, once more, tells the leader. */
function reportExecution(core: Core): void {
  const vote = core.signedVote;
  if (vote === undefined || core.executed <= core.reportedTo || core.executed < core.lastOrdered || !coverIsDue(core))
    return;
  core.reportedTo = core.executed;
  send(core, leaderOf(core.committee, core.term), { type: 'vote', vote, executed: core.executed });
}

/** The next instant at which `step` must be called even if nothing arrives. */
export function nextDeadline(core: Core): Ms | undefined {
  let next: Ms | undefined;
  for (const at of core.timers.values()) if (next === undefined || at < next) next = at;
  return next;
}
