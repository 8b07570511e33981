// The actor that runs the core: it takes what peers send, steps the core once per loop turn after the sockets are
// drained, and has performed what the core asks for. Everything that leaves passes the outbound gate.

import type { Behavior, Description } from '../actors/index.ts';
import { milliseconds } from '../lib/units.ts';
import { beginRecovery, type Core, commitHeight, createCore, nextDeadline, type Output, step } from './core/index.ts';
import { onForwardAnswered, onServed, tellFollowers } from './engine-followers.ts';
import { transmit, transmitForward } from './engine-frames.ts';
import { give, keptOf, onBulk, onFrame, onLink, onSeal } from './engine-inputs.ts';
import { tellLife, tellReadiness, tellSealing } from './engine-life.ts';
import { askRoundTrip, performAll } from './engine-outputs.ts';
import { certifySnapshot, onHeld } from './engine-pruning.ts';
import { answerReaders, expireReaders, onCover } from './engine-readers.ts';
import { onReplayed, replay } from './engine-replay.ts';
import type { Engine, EngineMessage, EngineOptions, Fx, Measured } from './engine-state.ts';
import { checkpointOf, healthOf, quorumLostSince, statusOf } from './engine-status.ts';
import { mailboxes } from './limits.ts';

export function engineBehavior(options: EngineOptions): Behavior<Engine, EngineMessage> {
  return {
    kind: 'engine',
    mailbox: { capacity: mailboxes.engine, overflow: { wake: 'replace', 'round-trip': 'replace' } },
    start: (_self, effects) => start(options, effects),
    receive: (engine, message, effects) => receive(options, engine, message, effects),
    describe: (engine) => describe(engine),
    discard() {
      options.links.unsubscribe(options.committee.chain);
      options.onReadiness?.(false);
    },
  };
}

function describe(engine: Engine): Description {
  const { core, life, recovery } = engine;
  return {
    state: recovery === undefined ? life : 'replaying',
    context: {
      ...healthOf(engine),
      term: core.term,
      height: commitHeight(core),
      executed: core.executed,
      fenced: core.fenced ?? null,
      blocks: core.blocks.size,
      batches: core.batches.size,
      wanted: core.wantedBatches.size + core.wantedHeaders.size,
    },
  };
}

function start(options: EngineOptions, effects: Fx): Engine {
  const { committee, me, sign, opened, genesisTimeMs, plannedTermMs } = options;
  const core = createCore(
    {
      committee,
      me,
      sign,
      genesisTimeMs,
      plannedTermMs,
      genesisRoots: opened.genesis,
      applied: { height: opened.height, roots: opened.recent },
    },
    effects.now,
    effects.wallMs,
  );
  effects.request((answer) => options.archive.whenOldestChanges(() => answer({ type: 'kept-changed' })));
  effects.request((answer) => replay(options, answer));
  return {
    core,
    recovery: beginRecovery(core),
    inputs: [],
    turnDue: false,
    deadline: undefined,
    tickets: new Map(),
    readers: [],
    life: 'replaying',
    sealing: 'not-ready',
    ready: false,
    lastProgressMs: effects.wallMs,
    quorumLostMs: effects.wallMs,
    evidence: options.evidence,
    checkpointMark: undefined,
    followers: new Map(),
    followersSeen: 0,
    tellingFollowers: false,
    measured: {},
  };
}

function receive(options: EngineOptions, engine: Engine, message: EngineMessage, effects: Fx): void {
  switch (message.type) {
    case 'turn':
      engine.turnDue = false;
      turn(options, engine, effects);
      break;
    case 'wake':
      engine.deadline = undefined;
      give(engine, { type: 'wake' }, effects);
      break;
    case 'frame':
      onFrame(options, engine, message, effects);
      break;
    case 'bulk':
      onBulk(options, engine, message, effects);
      break;
    case 'link-up':
      onLink(options, engine, message, effects);
      askRoundTrip(options, effects);
      break;
    case 'link-down':
      onLink(options, engine, message, effects);
      break;
    case 'synced':
      give(engine, message, effects);
      break;
    case 'seal':
      onSeal(engine, message, effects);
      break;
    case 'executed':
      give(engine, message, effects);
      break;
    case 'round-trip':
      give(engine, message, effects);
      break;
    case 'cover':
      onCover(engine, message, effects);
      break;
    case 'expire-readers':
      expireReaders(engine, effects);
      break;
    case 'status':
      effects.reply(statusOf(engine));
      break;
    case 'checkpoint':
      effects.reply(checkpointOf(engine));
      break;
    case 'kept-changed':
      give(engine, { type: 'kept', kept: keptOf(options) }, effects);
      break;
    case 'certify-failed':
      effects.fatal(`a snapshot of chain ${options.committee.chain} cannot be written: ${message.reason}`);
      break;
    case 'pruning-held':
      onHeld(options, engine, effects);
      break;
    case 'freeze':
      give(engine, message, effects);
      break;
    case 'serve':
      onServed(options, engine, message, effects);
      break;
    case 'tell-followers':
      engine.tellingFollowers = false;
      tellFollowers(options, engine, effects);
      break;
    case 'forward':
      transmitForward(options, message, effects);
      break;
    case 'forward-answered':
      onForwardAnswered(options, engine, message, effects);
      break;
    case 'snapshot-stands':
      certifySnapshot(options, engine, effects);
      break;
    case 'perform':
      performAll(options, engine, message.outputs, effects);
      break;
    case 'broadcast-app': {
      const { topic, bytes } = message;
      transmit(options, engine, { to: 'all', message: { type: 'app', topic, bytes }, after: undefined }, effects);
      break;
    }
    case 'replayed':
      onReplayed(options, engine, message, effects);
      break;
    case 'replay-failed':
      effects.fatal(`the journal of chain ${options.committee.chain} cannot be replayed: ${message.reason}`);
      break;
  }
}

function turn(options: EngineOptions, engine: Engine, effects: Fx): void {
  const { core } = engine;
  const { inputs } = engine;
  engine.inputs = [];
  performAll(options, engine, hooked(options, core, step(core, effects.now, effects.wallMs, inputs)), effects);
  answerReaders(engine, effects);
  tellFollowers(options, engine, effects);
  tellSealing(options, engine, effects);
  tellLife(options, engine, effects);
  tellReadiness(options, engine, effects);
  setDeadline(engine, effects);
  engine.quorumLostMs = quorumLostSince(engine, effects.wallMs);
  measure(options, engine, effects);
}

/** Gauges are noted when they change: turns are many, and most change none. */
function measure({ name }: EngineOptions, { core, measured }: Engine, effects: Fx): void {
  const gauge = (gauge: keyof Measured, value: number): void => {
    if (measured[gauge] === value) return;
    measured[gauge] = value;
    effects.note({ gauge, value, labels: { chain: name } });
  };
  gauge('psky_consensus_height', commitHeight(core));
  gauge('psky_consensus_executed_height', core.executed);
  gauge('psky_consensus_term', core.term);
  let heldBytes = 0;
  for (const lane of core.lanes) heldBytes += lane.heldBytes;
  gauge('psky_mempool_size_bytes', heldBytes);
}

function hooked({ hooks }: EngineOptions, core: Core, outputs: readonly Output[]): readonly Output[] {
  return hooks?.stepped?.(core, outputs) ?? outputs;
}

function setDeadline(engine: Engine, effects: Fx): void {
  const deadline = nextDeadline(engine.core);
  if (deadline === engine.deadline) return;
  engine.deadline = deadline;
  if (deadline === undefined) effects.cancel('deadline');
  else effects.schedule('deadline', milliseconds(Math.max(0, deadline - effects.now)), { type: 'wake' });
}
