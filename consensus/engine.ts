// The actor that runs the core: it decodes what peers send, steps the core once per loop turn after the sockets are
// drained, and performs what the core asks for. Everything that leaves passes the outbound gate.

import type { Asker, Behavior, Description, Effects, Message, Position, Ticket } from '../actors/index.ts';
import { assert } from '../lib/assert.ts';
import { encode } from '../lib/codec.ts';
import { misfit } from '../lib/shape.ts';
import { type Ms, milliseconds } from '../lib/units.ts';
import type { LinkMessage, Links, NodeId } from '../net/index.ts';
import type { JournalView } from '../storage/index.ts';
import type { Opened } from './application.ts';
import type { Archive } from './archive.ts';
import { type Committee, leaderOf } from './certificate/committee.ts';
import { quorumCertShape } from './certificate/shapes.ts';
import type {
  ChainAddresses,
  Cover,
  Covered,
  Evidence,
  ExecutedHeight,
  Seal,
  Sealing,
  ValidatorLife,
} from './chain-messages.ts';
import {
  beginRecovery,
  type Core,
  commitHeight,
  createCore,
  finishRecovery,
  type Input,
  type JournalRecord,
  liveRecords,
  maySeal,
  maySign,
  nextDeadline,
  type Output,
  type PeerMessage,
  type Recovery,
  recoverRecord,
  signedHeader,
  step,
} from './core/index.ts';
import { checkpointOf, healthOf, quorumLostSince, statusOf } from './engine-status.ts';
import { errorCode } from './faults.ts';
import type { CoreHooks } from './hooks.ts';
import { maxEvidence, maxWaitingReaders, replaySliceBytes } from './limits.ts';
import { decodeBatch, decodeMessage, decodeRecord, encodeBatchHeader, encodeMessage, encodeRecord } from './wire.ts';

export interface EngineOptions {
  /** the chain's name in its network, for metrics */
  readonly name: string;
  readonly committee: Committee;
  readonly me: number | undefined;
  /** node ids in committee order: a frame from another node is not a validator's */
  readonly nodeIds: readonly NodeId[];
  readonly sign: (text: Uint8Array) => Uint8Array;
  readonly opened: Opened;
  readonly genesisTimeMs: number;
  readonly plannedTermMs: Ms;
  readonly journal: JournalView;
  readonly archive: Archive;
  readonly links: Links;
  /** the slowest smoothed round trip to a validator, for T1's base */
  readonly roundTripMs: () => number;
  readonly addresses: ChainAddresses;
  /** the ledger's own traffic (message kind App) */
  readonly onApp: (from: number, topic: string, bytes: Uint8Array) => void;
  /** the simulator's */
  readonly hooks?: CoreHooks | undefined;
}

export type EngineMessage =
  | LinkMessage
  | Seal
  | ExecutedHeight
  | Cover
  | { readonly type: 'status' }
  | { readonly type: 'checkpoint' }
  | { readonly type: 'turn' }
  | { readonly type: 'wake' }
  | { readonly type: 'synced'; readonly through: number }
  | { readonly type: 'replayed'; readonly records: readonly ReplayedRecord[]; readonly last: boolean }
  | { readonly type: 'replay-failed'; readonly reason: string }
  | { readonly type: 'serve'; readonly to: number; readonly message: PeerMessage }
  | { readonly type: 'round-trip'; readonly ms: number }
  /** a hook's: what a misbehaving validator of the simulator does */
  | { readonly type: 'perform'; readonly outputs: readonly Output[] }
  | { readonly type: 'broadcast-app'; readonly topic: string; readonly bytes: Uint8Array };

interface ReplayedRecord {
  readonly record: JournalRecord;
  readonly position: number;
}

interface Reader {
  readonly cover: Cover;
  readonly height: number;
  readonly asker: Asker | undefined;
}

export interface Engine {
  readonly core: Core;
  recovery: Recovery | undefined;
  inputs: Input[];
  turnDue: boolean;
  deadline: Ms | undefined;
  readonly tickets: Map<number, Ticket>;
  readers: Reader[];
  life: ValidatorLife;
  sealing: Sealing['reason'];
  lastProgressMs: number;
  quorumLostMs: number | undefined;
  readonly evidence: Map<string, Evidence>;
  /** where the journal stood at the newest checkpoint */
  checkpointMark: Position | undefined;
}

type Fx = Effects<EngineMessage>;

export function engineBehavior(options: EngineOptions): Behavior<Engine, EngineMessage> {
  return {
    kind: 'engine',
    // control frames of 100 peers and the batches of 100 lanes within one loop turn
    mailbox: { capacity: 16_384, overflow: { wake: 'replace', 'round-trip': 'replace' } },
    start: (_self, effects) => start(options, effects),
    receive: (engine, message, effects) => receive(options, engine, message, effects),
    describe: (engine) => describe(engine),
    discard: () => options.links.unsubscribe(options.committee.chain),
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
    lastProgressMs: effects.wallMs,
    quorumLostMs: effects.wallMs,
    evidence: new Map(),
    checkpointMark: undefined,
  };
}

/** Hands the journal to the actor in slices, so that a long history neither fills memory nor holds up the loop. */
function replay({ journal }: EngineOptions, answer: (message: EngineMessage) => void): void {
  let records: ReplayedRecord[] = [];
  let bytes = 0;
  let bad: string | undefined;
  journal.replay(
    ({ kind, body, position }) => {
      const record = decodeRecord(kind, Uint8Array.from(body));
      if (record === misfit) {
        bad ??= `a record of kind ${kind} at position ${position} cannot be read`;
        return;
      }
      records.push({ record, position });
      bytes += body.length;
      if (bytes < replaySliceBytes) return;
      answer({ type: 'replayed', records, last: false });
      records = [];
      bytes = 0;
    },
    (fault) => {
      const reason = fault?.message ?? bad;
      answer(reason === undefined ? { type: 'replayed', records, last: true } : { type: 'replay-failed', reason });
    },
  );
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
      onLink(options, engine, message.peer, 'link-up', effects);
      askRoundTrip(options, effects);
      break;
    case 'link-down':
      onLink(options, engine, message.peer, 'link-down', effects);
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
    case 'status':
      effects.reply(statusOf(engine));
      break;
    case 'checkpoint':
      effects.reply(checkpointOf(engine));
      break;
    case 'serve':
      transmit(options, engine, { to: message.to, message: message.message, after: undefined }, effects);
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

// — recovery —

function onReplayed(
  options: EngineOptions,
  engine: Engine,
  { records, last }: Extract<EngineMessage, { type: 'replayed' }>,
  effects: Fx,
): void {
  const { recovery, core } = engine;
  if (recovery === undefined) return;
  for (const { record, position } of records) {
    recoverRecord(recovery, record);
    if (record.type === 'batch') options.archive.journalled(record.batch.digest, { position: position as Position });
  }
  if (!last) return;
  finishRecovery(recovery);
  engine.recovery = undefined;
  options.archive.keepFresh(new Set(core.batches.keys()));
  options.journal.live(() => liveRecords(core).map(encodeRecord));
  const { hooks } = options;
  if (hooks?.started !== undefined)
    effects.request((answer) => hooks.started?.(core, (outputs) => answer({ type: 'perform', outputs })));
  effects.request(() => options.links.subscribe(options.committee.chain, effects.self));
  effects.send(options.addresses.validator, { type: 'replayed' });
  effects.send(options.addresses.chain, { type: 'ready' });
  give(engine, { type: 'wake' }, effects);
}

// — what arrives —

function give(engine: Engine, input: Input, effects: Fx): void {
  engine.inputs.push(input);
  if (engine.turnDue || engine.recovery !== undefined) return;
  engine.turnDue = true;
  effects.send(effects.self, { type: 'turn' }); // behind everything that has already arrived
}

function onFrame(
  options: EngineOptions,
  engine: Engine,
  { peer, bytes }: Extract<LinkMessage, { type: 'frame' }>,
  effects: Fx,
): void {
  const from = options.nodeIds.indexOf(peer);
  if (from < 0) return;
  const message = decodeMessage(bytes);
  if (typeof message === 'string') {
    effects.request(() => options.links.misbehaved(peer, message));
    return;
  }
  if (message.type === 'app') effects.request(() => options.onApp(from, message.topic, message.bytes));
  else give(engine, { type: 'message', from, message }, effects);
}

function onBulk(
  options: EngineOptions,
  engine: Engine,
  { peer, header, body }: Extract<LinkMessage, { type: 'bulk' }>,
  effects: Fx,
): void {
  const from = options.nodeIds.indexOf(peer);
  if (from < 0) return;
  const decoded = decodeBatch(header, body);
  if (typeof decoded === 'string') effects.request(() => options.links.misbehaved(peer, decoded));
  else give(engine, { type: 'message', from, message: { type: 'batch', ...decoded } }, effects);
}

function onLink(
  options: EngineOptions,
  engine: Engine,
  peer: NodeId,
  type: 'link-up' | 'link-down',
  effects: Fx,
): void {
  const index = options.nodeIds.indexOf(peer);
  if (index >= 0) give(engine, { type, peer: index }, effects);
}

function askRoundTrip({ roundTripMs }: EngineOptions, effects: Fx): void {
  effects.request((answer) => answer({ type: 'round-trip', ms: roundTripMs() }));
}

function onSeal(engine: Engine, { content }: Seal, effects: Fx): void {
  give(engine, { type: 'seal', content }, effects);
}

// — the turn —

function turn(options: EngineOptions, engine: Engine, effects: Fx): void {
  const { core } = engine;
  const { inputs } = engine;
  engine.inputs = [];
  performAll(options, engine, hooked(options, core, step(core, effects.now, effects.wallMs, inputs)), effects);
  answerReaders(engine, effects);
  tellSealing(options, engine, effects);
  tellLife(options, engine, effects);
  setDeadline(engine, effects);
  engine.quorumLostMs = quorumLostSince(engine, effects.wallMs);
  measure(options, engine, effects);
}

function measure({ name }: EngineOptions, { core }: Engine, effects: Fx): void {
  const labels = { chain: name };
  effects.note({ gauge: 'psky_consensus_height', value: commitHeight(core), labels });
  effects.note({ gauge: 'psky_consensus_executed_height', value: core.executed, labels });
  effects.note({ gauge: 'psky_consensus_term', value: core.term, labels });
  effects.note({
    gauge: 'psky_mempool_size_bytes',
    value: core.lanes.reduce((sum, lane) => sum + lane.heldBytes, 0),
    labels,
  });
}

function hooked({ hooks }: EngineOptions, core: Core, outputs: readonly Output[]): readonly Output[] {
  return hooks?.stepped?.(core, outputs) ?? outputs;
}

function performAll(options: EngineOptions, engine: Engine, outputs: readonly Output[], effects: Fx): void {
  const lastAppend = outputs.findLast((output) => output.type === 'append');
  for (const output of outputs) perform(options, engine, output, output === lastAppend, effects);
}

function setDeadline(engine: Engine, effects: Fx): void {
  const deadline = nextDeadline(engine.core);
  if (deadline === engine.deadline) return;
  engine.deadline = deadline;
  if (deadline === undefined) effects.cancel('deadline');
  else effects.schedule('deadline', milliseconds(Math.max(0, deadline - effects.now)), { type: 'wake' });
}

function perform(options: EngineOptions, engine: Engine, output: Output, lastAppend: boolean, effects: Fx): void {
  const { addresses } = options;
  switch (output.type) {
    case 'append':
      persist(options, engine, output, lastAppend, effects);
      break;
    case 'send':
      transmit(options, engine, output, effects);
      break;
    case 'accepted': {
      const { contentHash, lane, seq, digest } = output.batch;
      effects.send(addresses.admission, { type: 'accepted', contentHash, lane, seq, digest } as Message);
      break;
    }
    case 'not-sealed':
      effects.send(addresses.admission, output as Message);
      break;
    case 'reappended': {
      const { lane, seq, digest } = output.batch;
      effects.send(addresses.executor, {
        type: 'reappended',
        lost: output.lost,
        place: { lane, seq, digest },
      } as Message);
      break;
    }
    case 'committed': {
      engine.lastProgressMs = effects.wallMs;
      const { height, timeMs } = output.block;
      effects.note({
        observe: 'psky_consensus_commit_seconds',
        value: Math.max(0, effects.wallMs - timeMs) / 1000,
        labels: { chain: options.name },
      });
      effects.send(addresses.admission, { type: 'progress', height, timeMs } as Message);
      break;
    }
    case 'execute':
      effects.note({
        count: 'psky_consensus_entries_total',
        by: output.batches.reduce((sum, batch) => sum + batch.count, 0),
        labels: { chain: options.name },
      });
      effects.send(addresses.executor, output);
      break;
    case 'serve-headers':
      serveHeaders(options, output, effects);
      break;
    case 'serve-batches':
      serveBatches(options, engine, output, effects);
      break;
    case 'pause-lane':
      pauseLane(options, output, effects);
      break;
    case 'evidence':
      keepEvidence(options, engine, output, effects);
      break;
    case 'misbehaved': {
      const { peer, reason } = output;
      effects.request(() => options.links.misbehaved(options.nodeIds[peer] as NodeId, reason));
      break;
    }
    case 'entered':
      askRoundTrip(options, effects);
      effects.note({ log: 'info', message: 'entered a term', fields: { term: output.term, reason: output.reason } });
      break;
    case 'abandoned':
      effects.note({ log: 'warn', message: 'abandoned a term', fields: { term: output.term, reason: output.reason } });
      effects.note({ count: 'psky_consensus_abandoned_total', labels: { chain: options.name, reason: output.reason } });
      break;
    case 'fenced':
      effects.note({ log: 'error', message: 'fenced', fields: { reason: output.reason } });
      break;
    case 'stopped':
      effects.note({ log: 'error', message: 'stopped', fields: { ...output.reason } });
      effects.send(addresses.chain, { type: 'diverged', reason: JSON.stringify(output.reason) } as Message);
      break;
    case 'checkpoint':
      onCheckpoint(options, engine, effects);
      break;
    case 'proposed':
    case 'signed':
      break;
  }
}

function persist(
  { me, archive }: EngineOptions,
  engine: Engine,
  { number, record }: Extract<Output, { type: 'append' }>,
  last: boolean,
  effects: Fx,
): void {
  const { kind, parts } = encodeRecord(record);
  const lazy = record.type === 'batch' && record.batch.lane !== me; // D6
  const durable: EngineMessage = { type: 'synced', through: number };
  const ticket = effects.persist(kind, parts, last ? { lazy, durable } : { lazy });
  engine.tickets.set(number, ticket);
  for (const old of engine.tickets.keys()) {
    if (old > engine.core.durable) break;
    engine.tickets.delete(old);
  }
  if (record.type === 'batch') archive.journalled(record.batch.digest, ticket);
}

/**
 * Two checkpoints old is old enough (§9): what stood in the journal before the last one is not needed to recover, but for
 * batches that still wait to be executed. Everything executed is synced in the store first.
 */
function onCheckpoint({ archive, journal }: EngineOptions, engine: Engine, effects: Fx): void {
  const mark = engine.checkpointMark;
  engine.checkpointMark = journal.appended;
  if (mark === undefined) return;
  effects.request(() => {
    archive.sync(() => journal.releaseBelow(Math.min(mark, archive.oldestFresh(mark)) as Position));
  });
}

interface Transmission {
  readonly to: number | 'all';
  readonly message: PeerMessage;
  readonly after?: number | undefined;
}

/** Encodes once, whoever gets it. `after` names a record: what the core releases is durable already (D1, D1b). */
function transmit(options: EngineOptions, engine: Engine, { to, message, after }: Transmission, effects: Fx): void {
  assert(after === undefined || after <= engine.core.durable, 'D1: what leaves attests only what is durable');
  const channel = message.type !== 'batch' ? 'control' : message.answer ? 'reply' : 'bulk';
  const frame =
    message.type === 'batch'
      ? [encodeBatchHeader(message.batch, message.answer), ...message.batch.body]
      : [encodeMessage(message)];
  const gate = after === undefined ? {} : ({ after: 'nothing' } as const);
  for (const [peer, id] of options.nodeIds.entries()) {
    if (peer === engine.core.me || !(to === 'all' ? engine.core.up[peer] : to === peer)) continue;
    effects.emit(options.links.outlet(id, options.committee.chain, channel), frame, gate);
  }
}

// — serving —

function serveHeaders(
  { archive }: EngineOptions,
  { to, id, above, count }: Extract<Output, { type: 'serve-headers' }>,
  effects: Fx,
): void {
  effects.request((answer) => {
    archive.headersDown(id, above, count, (headers) => {
      if (headers.length > 0) answer({ type: 'serve', to, message: { type: 'headers', id, headers } });
    });
  });
}

function serveBatches(
  { archive }: EngineOptions,
  { core }: Engine,
  { to, digests }: Extract<Output, { type: 'serve-batches' }>,
  effects: Fx,
): void {
  for (const digest of digests) {
    effects.request((answer) => {
      const held = core.batches.get(digest);
      if (held !== undefined && (core.batchRecords.get(digest) ?? 0) <= core.durable) {
        answer({ type: 'serve', to, message: { type: 'batch', batch: held, answer: true } });
        return;
      }
      archive.batch(digest, (batch) => {
        if (batch !== undefined) answer({ type: 'serve', to, message: { type: 'batch', batch, answer: true } });
      });
    });
  }
}

function pauseLane(
  { links, nodeIds }: EngineOptions,
  { lane, paused }: Extract<Output, { type: 'pause-lane' }>,
  effects: Fx,
): void {
  const peer = nodeIds[lane] as NodeId;
  effects.request(() => (paused ? links.pauseBulk(peer) : links.resumeBulk(peer)));
}

// — those who wait —

function onCover(engine: Engine, cover: Cover, effects: Fx): void {
  if (engine.readers.length >= maxWaitingReaders) {
    effects.reply({ type: 'refusal', code: errorCode('too-many-waiting') } as Message);
    return;
  }
  engine.readers.push({ cover, height: Math.max(engine.core.lastOrdered, cover.minHeight), asker: effects.asker });
  answerReaders(engine, effects);
}

/** A reader is answered with the newest certified header, once its execHeight reaches everything ordered when he asked. */
function answerReaders({ core, readers }: Engine, effects: Fx): void {
  const { committedTip, commitCert } = core;
  if (readers.length === 0 || commitCert?.id !== committedTip.id) return;
  const covers = (reader: Reader): boolean =>
    committedTip.execHeight >= reader.height && core.executed >= committedTip.execHeight;
  if (!readers.some(covers)) return;
  const covered: Covered = {
    type: 'covered',
    execHeight: committedTip.execHeight,
    signed: signedHeader(committedTip),
    certificate: encode(quorumCertShape.write(commitCert)),
  };
  const rest: Reader[] = [];
  for (const reader of readers) {
    if (covers(reader)) effects.reply(covered, reader.asker);
    else rest.push(reader);
  }
  readers.splice(0, readers.length, ...rest);
}

function tellSealing({ addresses }: EngineOptions, engine: Engine, effects: Fx): void {
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

function tellLife({ addresses, name }: EngineOptions, engine: Engine, effects: Fx): void {
  const life = lifeOf(engine.core);
  if (life === engine.life) return;
  effects.note({ gauge: 'psky_consensus_life', value: 0, labels: { chain: name, life: engine.life } });
  effects.note({ gauge: 'psky_consensus_life', value: 1, labels: { chain: name, life } });
  engine.life = life;
  const reason = engine.core.fenced ?? engine.core.stopped?.code ?? '';
  effects.send(addresses.validator, { type: lifeEvent[life], reason } as Message);
}

function lifeOf(core: Core): ValidatorLife {
  if (core.stopped !== undefined) return 'stopped';
  if (core.fenced !== undefined) return 'fenced';
  if (core.awaitingHellos !== undefined || core.pendingCommit !== undefined) return 'syncing';
  if (core.timedOut) return 'abandoning';
  return leaderOf(core.committee, core.term) === core.me ? 'leading' : 'following';
}

/** §11: one piece per validator and kind. */
function keepEvidence(
  options: EngineOptions,
  engine: Engine,
  { kind, validator, detail }: Extract<Output, { type: 'evidence' }>,
  effects: Fx,
): void {
  const key = `${validator}:${kind}`;
  if (engine.evidence.has(key) || engine.evidence.size >= maxEvidence) return;
  engine.evidence.set(key, { kind, validator, detail, wallMs: effects.wallMs });
  effects.note({ count: 'psky_consensus_evidence_total', labels: { chain: options.name, kind } });
  effects.note({ log: 'warn', message: 'evidence of misbehaviour', fields: { kind, validator, detail } });
}
