// What a chain says of itself when asked: plain data for `status`, `why`, health checks and the observer.

import { encode } from '../lib/codec.ts';
import { leaderOf } from './certificate/committee.ts';
import { checkpointCertShape } from './certificate/shapes.ts';
import type { ChainStatus, CheckpointStatus } from './chain-messages.ts';
import { commitHeight, workKnown } from './core/index.ts';
import type { Engine } from './engine-state.ts';

export function statusOf({ core, life, recovery, lastProgressMs, quorumLostMs, evidence }: Engine): ChainStatus {
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
    workSinceMs: core.workSince === undefined ? undefined : core.wallMs - (core.now - core.workSince),
    quorumLostMs,
    timeMs: core.committedTip.timeMs,
    checkpoint: core.checkpoint?.height ?? 0,
    evidence: evidence.all(),
    stateRoot: core.roots.get(core.executed)?.stateRoot ?? core.committedTip.stateRoot,
  };
}

export function checkpointOf({ core: { checkpoint } }: Engine): CheckpointStatus {
  const certificate = checkpoint === undefined ? undefined : encode(checkpointCertShape.write(checkpoint));
  return { type: 'checkpoint', height: checkpoint?.height ?? 0, certificate };
}

/** What a health check reads off without asking, as part of the engine's description (service/health.ts). */
export function healthOf({ core, lastProgressMs }: Engine): Readonly<Record<string, number | null>> {
  const { workSince } = core;
  return {
    connected: connectedOf(core),
    needed: linksNeeded(core),
    progressMs: lastProgressMs,
    workSinceMs: workSince === undefined ? null : core.wallMs - (core.now - workSince),
  };
}

/** Validators that must be linked, this node included: a quorum, or one that a follower hears from. */
export const linksNeeded = ({ me, committee }: Engine['core']): number => (me === undefined ? 1 : committee.q);

/** Since when fewer than needed are connected, after a turn. */
export function quorumLostSince({ core, quorumLostMs }: Engine, wallMs: number): number | undefined {
  return connectedOf(core) >= linksNeeded(core) ? undefined : (quorumLostMs ?? wallMs);
}

/** Validators whose links are up, this node included. */
export function connectedOf({ up, me }: Engine['core']): number {
  let connected = 0;
  for (let peer = 0; peer < up.length; peer++) if (up[peer] === true || peer === me) connected++;
  return connected;
}
