// Whether the engine may seal and what its validator does now, told to admission and the validator's actor on change.

import type { Message } from '../actors/index.ts';
import { leaderOf } from './certificate/committee.ts';
import type { Sealing, ValidatorLife } from './chain-messages.ts';
import { type Core, commitHeight, maySeal, maySign } from './core/index.ts';
import type { Engine, EngineOptions, Fx } from './engine-state.ts';
import { connectedOf, linksNeeded } from './engine-status.ts';
import { maxExecutionLag } from './limits.ts';

export function tellSealing({ addresses }: EngineOptions, engine: Engine, effects: Fx): void {
  if (engine.core.me === undefined) return; // it passes commands on (forwarding.ts)
  const reason = sealingOf(engine.core);
  if (reason === engine.sealing) return;
  engine.sealing = reason;
  effects.send(addresses.admission, { type: 'sealing', allowed: reason === 'open', reason } as Message);
}

function sealingOf(core: Core): Sealing['reason'] {
  if (core.stopped !== undefined) return 'stopped';
  if (core.fenced !== undefined) return 'fenced';
  if (!maySign(core) || core.redo.length > 0) return 'not-ready';
  return maySeal(core) ? 'open' : 'window-full';
}

const lifeEvent: Readonly<Record<ValidatorLife, string>> = {
  replaying: 'behind',
  syncing: 'behind',
  following: 'followed',
  leading: 'led',
  abandoning: 'abandoned',
  fenced: 'fenced',
  stopped: 'stopped',
};

export function tellLife({ addresses, name }: EngineOptions, engine: Engine, effects: Fx): void {
  const life = lifeOf(engine.core, engine.life);
  if (life === engine.life) return;
  effects.note({ gauge: 'psky_consensus_life', value: 0, labels: { chain: name, life: engine.life } });
  effects.note({ gauge: 'psky_consensus_life', value: 1, labels: { chain: name, life } });
  engine.life = life;
  const reason = engine.core.fenced ?? engine.core.stopped?.code ?? '';
  effects.send(addresses.validator, { type: lifeEvent[life], reason } as Message);
}

/** Ready: enough validators are linked, and what this node missed is fetched. */
export function tellReadiness({ onReadiness }: EngineOptions, engine: Engine, effects: Fx): void {
  const { core, life } = engine;
  const ready = takesPart.has(life) && connectedOf(core) >= linksNeeded(core);
  if (ready === engine.ready) return;
  engine.ready = ready;
  if (onReadiness !== undefined) effects.request(() => onReadiness(ready));
}

const takesPart: ReadonlySet<ValidatorLife> = new Set(['leading', 'following', 'abandoning']);

function lifeOf(core: Core, before: ValidatorLife): ValidatorLife {
  if (core.stopped !== undefined) return 'stopped';
  if (core.fenced !== undefined) return 'fenced';
  if (core.awaitingHellos !== undefined || isBehind(core, before)) return 'syncing';
  if (core.timedOut) return 'abandoning';
  return leaderOf(core.committee, core.term) === core.me ? 'leading' : 'following';
}

/** A follower fetches the headers of every commit: once it has caught up, only a long way to go is called behind again. */
function isBehind(core: Core, before: ValidatorLife): boolean {
  if (core.pendingCommit === undefined) return false;
  if (core.me !== undefined || before !== 'following') return true;
  return core.pendingCommit.height - commitHeight(core) > maxExecutionLag;
}
