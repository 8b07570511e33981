// What a chain says of itself when asked: plain data for `status`, `why`, health checks and the observer.

import { leaderOf } from './certificate/committee.ts';
import type { ChainStatus } from './chain-messages.ts';
import { commitHeight, workKnown } from './core/index.ts';
import type { Engine } from './engine.ts';

export function statusOf({ core, life, recovery, lastProgressMs, evidence }: Engine): ChainStatus {
  const work = workKnown(core);
  return {
    type: 'status',
    height: commitHeight(core),
    executed: core.executed,
    covered: core.committedTip.execHeight,
    lastOrdered: core.lastOrdered,
    term: core.term,
    leader: leaderOf(core.committee, core.term),
    me: core.me,
    life: recovery === undefined ? life : 'replaying',
    fenced: core.fenced,
    stopped: core.stopped,
    timedOut: core.timedOut,
    work: work.batches || work.consensus,
    connected: core.up.map((up, peer) => up || peer === core.me),
    quorum: core.committee.q,
    lastProgressMs,
    timeMs: core.committedTip.timeMs,
    checkpoint: core.checkpoint?.height ?? 0,
    evidence: [...evidence.values()],
    stateRoot: core.roots.get(core.executed)?.stateRoot ?? core.committedTip.stateRoot,
  };
}
