// Why a chain is as it is, in one sentence with evidence and a remedy: what `status` and `why` answer. A stall explains
// itself: it names who is missing, how many there are and how many it takes.

import { isoTime } from '../lib/iso-time.ts';
import type { ChainStatus } from './chain-messages.ts';
import { maxClockLead, slowAfter } from './limits.ts';

export type ChainState = 'ok' | 'idle' | 'slow' | 'halted' | 'fenced' | 'diverged';

export interface Explanation {
  readonly state: ChainState;
  /** names of validators whose links are down, in committee order */
  readonly missing: readonly string[];
  /** validators that this node knows to take part: linked, itself included unless it is fenced */
  readonly have: number;
  readonly need: number;
  /** ISO */
  readonly since: string;
  readonly sentence: string;
  readonly remedy: string;
}

/**
 * @param names of the validators in committee order
 * @param nowMs wall clock
 */
export function explain(status: ChainStatus, names: readonly string[], nowMs: number): Explanation {
  if (status.me === undefined) return explainFollower(status, names, nowMs);
  const missing = names.filter((_, i) => status.connected[i] !== true);
  const fencedSelf = status.fenced !== undefined && status.me !== undefined;
  const have = names.length - missing.length - (fencedSelf ? 1 : 0);
  const need = status.quorum;
  const state = stateOf(status, have, nowMs);
  const since = isoTime(sinceMs(status, state));
  return { state, missing, have, need, since, ...wordsFor({ status, state, names, missing, have, since, nowMs }) };
}

/** It takes no part, and cannot tell a validator that is away from one that it was given no address of. */
function explainFollower(status: ChainStatus, names: readonly string[], nowMs: number): Explanation {
  const linked = names.filter((_, i) => status.connected[i] === true);
  const have = linked.length;
  const state = stateOf({ ...status, quorum: 1 }, have, nowMs);
  const since = isoTime(sinceMs(status, state));
  const words = state === 'diverged' ? divergedWords(status) : followerWords(status, { state, linked, since });
  return { state, missing: have === 0 ? names : [], have, need: 1, since, ...words };
}

function followerWords(
  { height, executed }: ChainStatus,
  { state, linked, since }: { readonly state: ChainState; readonly linked: readonly string[]; readonly since: string },
): Words {
  if (state === 'halted')
    return {
      sentence: `This node follows the chain and has been linked to no validator since ${since}: it answers from height ${height} and passes no command on.`,
      remedy: 'It links by itself when one can be reached: check its network, and `peers` in its configuration.',
    };
  if (state === 'slow')
    return {
      sentence: `This node follows the chain and has come no further than height ${height}, executed ${executed}, since ${since}; it is linked to ${listed(linked)}.`,
      remedy: 'Ask a validator how the chain is (`psky why`), and give this node the addresses of more of them.',
    };
  return {
    sentence: `This node follows the chain: height ${height}, executed ${executed}; it is linked to ${listed(linked)}.`,
    remedy: 'Nothing to do.',
  };
}

function stateOf(status: ChainStatus, have: number, nowMs: number): ChainState {
  if (status.stopped !== undefined) return 'diverged';
  if (have < status.quorum) return 'halted';
  if (status.fenced !== undefined) return 'fenced';
  if (!status.work) return status.height > status.executed ? 'ok' : 'idle';
  return aheadMs(status, nowMs) > 0 || nowMs - waitingSinceMs(status) > slowAfter ? 'slow' : 'ok';
}

/** E4: how much longer the next block waits for this node's clock; a clock that was wrong leaves such a last block. */
function aheadMs({ timeMs }: ChainStatus, nowMs: number): number {
  return Math.max(0, timeMs - nowMs - maxClockLead);
}

/** Since when nothing moved although there was something to do. */
function waitingSinceMs({ lastProgressMs, workSinceMs }: ChainStatus): number {
  return Math.max(lastProgressMs, workSinceMs ?? 0);
}

function sinceMs(status: ChainStatus, state: ChainState): number {
  if (state === 'halted') return status.quorumLostMs ?? status.lastProgressMs;
  return state === 'slow' ? waitingSinceMs(status) : status.lastProgressMs;
}

interface Scene {
  readonly status: ChainStatus;
  readonly state: ChainState;
  readonly names: readonly string[];
  readonly missing: readonly string[];
  readonly have: number;
  readonly since: string;
  /** wall clock */
  readonly nowMs: number;
}

interface Words {
  readonly sentence: string;
  readonly remedy: string;
}

function wordsFor(scene: Scene): Words {
  switch (scene.state) {
    case 'diverged':
      return divergedWords(scene.status);
    case 'halted':
      return haltedWords(scene);
    case 'fenced':
      return {
        sentence: `The chain goes on at height ${scene.status.height}; this validator is fenced (${scene.status.fenced}): it follows and serves, and signs nothing.`,
        remedy: 'Let it follow, or give it a new validator key in the next set of validators.',
      };
    case 'slow':
      return slowWords(scene);
    case 'idle':
    case 'ok':
      return movingWords(scene);
  }
}

function divergedWords({ stopped, height }: ChainStatus): Words {
  const what =
    stopped?.code === 'diverged'
      ? `this node computed state root ${stopped.ours.slice(0, 12)}… where a quorum certified ${stopped.theirs.slice(0, 12)}…`
      : 'two different blocks were committed';
  return {
    sentence: `The chain stopped on this node at height ${stopped?.height ?? height}: ${what}.`,
    remedy: 'Keep its home and logs as evidence, report it, and replace the node by a fresh home.',
  };
}

function haltedWords({ status, names, missing, have, since }: Scene): Words {
  const fenced = status.fenced === undefined ? '' : ', this validator is fenced';
  const away = missing.length === 0 ? 'no link is down' : `${listed(missing)} ${are(missing)} not linked`;
  const back = missing.slice(0, Math.max(0, status.quorum - have));
  return {
    sentence: `The chain has halted at height ${status.height} since ${since}: ${away}${fenced}, ${have} of ${names.length} validators take part and ${status.quorum} are needed.`,
    remedy:
      back.length === 0
        ? 'Replace the fenced validators by ones with new keys.'
        : `Bring back ${listed(back)}: start the node, and check its network. The chain goes on by itself.`,
  };
}

function slowWords({ status, names, missing, have, since, nowMs }: Scene): Words {
  const ahead = aheadMs(status, nowMs);
  if (ahead > 0) {
    return {
      sentence: `Commands wait at height ${status.height}: the time of the last block is ahead of this node's clock, and the next one waits for ${Math.ceil(ahead / 1_000)} s until the clock has caught up.`,
      remedy: 'Compare the clocks of the validators, and correct those that are wrong. The chain goes on by itself.',
    };
  }
  const leader = names[status.leader] ?? 'the leader';
  const without = missing.length === 0 ? '' : ` ${listed(missing)} ${are(missing)} not linked.`;
  return {
    sentence: `Commands wait at height ${status.height} and none was committed since ${since}: term ${status.term} is led by ${leader}, ${have} of ${names.length} validators are linked.${without}`,
    remedy: missing.includes(leader)
      ? `A new leader takes over within 8 s; bring back ${leader}.`
      : 'Wait for the next leader (8 s at most); then look at the load and at the logs of the leader.',
  };
}

function movingWords({ status, state, names, missing, have }: Scene): Words {
  const how = state === 'idle' ? 'is at rest: nothing waits to be ordered' : 'makes progress';
  const who =
    missing.length === 0
      ? `all ${names.length} validators are linked`
      : `${listed(missing)} ${are(missing)} not linked, ${have} of ${names.length} take part and ${status.quorum} are needed`;
  return {
    sentence: `The chain ${how} at height ${status.height}; ${who}.`,
    remedy: missing.length === 0 ? 'Nothing to do.' : `Bring back ${listed(missing)}.`,
  };
}

function listed(names: readonly string[]): string {
  return names.length <= 1 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const are = (names: readonly string[]): string => (names.length === 1 ? 'is' : 'are');
