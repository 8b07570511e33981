// Whether the engine may seal and what its validator does now, told to admission and the validator's actor on change.

import type { Message } from '../actors/index.ts';
import { leaderOf } from './certificate/committee.ts';
import type { Sealing, ValidatorLife } from './chain-messages.ts';
import { type Core, maySeal, maySign } from './core/index.ts';
import type { Engine, EngineOptions, Fx } from './engine-state.ts';
import { connectedOf } from './engine-status.ts';

export function tellSealing({ addresses }: EngineOptions, engine: Engine, effects: Fx): void {
  const reason = sealingOf(engine.core);
  if (reason === engine.sealing) return;
  engine.sealing = reason;
  effects.send(addresses.admission, { type: 'sealing', allowed: reason === 'open', reason } as Message);
}

function sealingOf(core: Core): Sealing['reason'] {
  if (core.me === undefined) return 'not-a-validator';
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
  const life = lifeOf(engine.core);
  if (life === engine.life) return;
  effects.note({ gauge: 'psky_consensus_life', value: 0, labels: { chain: name, life: engine.life } });
  effects.note({ gauge: 'psky_consensus_life', value: 1, labels: { chain: name, life } });
  engine.life = life;
  const reason = engine.core.fenced ?? engine.core.stopped?.code ?? '';
  effects.send(addresses.validator, { type: lifeEvent[life], reason } as Message);
}

/** Ready: a quorum is linked, and what this node missed is fetched. */
export function tellReadiness({ onReadiness }: EngineOptions, engine: Engine, effects: Fx): void {
  const { core, life } = engine;
  const ready = takesPart.has(life) && connectedOf(core) >= core.committee.q;
  if (ready === engine.ready) return;
  engine.ready = ready;
  if (onReadiness !== undefined) effects.request(() => onReadiness(ready));
}

const takesPart: ReadonlySet<ValidatorLife> = new Set(['leading', 'following', 'abandoning']);

function lifeOf(core: Core): ValidatorLife {
  if (core.stopped !== undefined) return 'stopped';
  if (core.fenced !== undefined) return 'fenced';
  if (core.awaitingHellos !== undefined || core.pendingCommit !== undefined) return 'syncing';
  if (core.timedOut) return 'abandoning';
  return leaderOf(core.committee, core.term) === core.me ? 'leading' : 'following';
}
