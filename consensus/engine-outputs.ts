// Performs what the core asks for: records to the journal, frames to peers, news to the chain's other actors.

import type { Message } from '../actors/index.ts';
import { milliseconds } from '../lib/units.ts';
import type { NodeId } from '../net/index.ts';
import type { Output } from './core/index.ts';
import { pauseLane, serveBatch, serveHeaders, transmit } from './engine-frames.ts';
import { certifySnapshot, makeRoom, releaseJournal } from './engine-pruning.ts';
import type { Engine, EngineMessage, EngineOptions, Fx } from './engine-state.ts';
import { blocksPerTripLook } from './limits.ts';
import { encodeRecord } from './wire.ts';

export function performAll(options: EngineOptions, engine: Engine, outputs: readonly Output[], effects: Fx): void {
  const lastAppend = outputs.findLast((output) => output.type === 'append');
  for (const output of outputs) perform(options, engine, output, output === lastAppend, effects);
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
      const moved = { type: 'reappended', lost: output.lost, place: { lane, seq, digest } } as Message;
      effects.send(addresses.executor, moved);
      effects.send(addresses.admission, moved);
      break;
    }
    case 'committed': {
      engine.lastProgressMs = effects.wallMs;
      const { height, timeMs, cut } = output.block;
      const ownSeq = options.me === undefined ? 0 : (cut[options.me]?.seq ?? 0);
      effects.note({
        observe: 'psky_consensus_commit_seconds',
        value: Math.max(0, effects.wallMs - timeMs) / 1000,
        labels: { chain: options.name },
      });
      if (options.me !== undefined) {
        const lineMs = milliseconds(2 * engine.core.quorumTripMs);
        effects.send(addresses.admission, { type: 'progress', height, timeMs, ownSeq, lineMs } as Message);
      }
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
      serveHeaders(options, { ...output, to: options.nodeIds[output.to] as NodeId }, effects);
      break;
    case 'serve-batches':
      for (const digest of output.digests)
        serveBatch(options, engine, { to: options.nodeIds[output.to] as NodeId, digest }, effects);
      break;
    case 'pause-lane':
      pauseLane(options, output, effects);
      break;
    case 'evidence':
      keepEvidence(options, output, effects);
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
      releaseJournal(options, engine, effects);
      certifySnapshot(options, engine, effects);
      if (options.journal.pruningHeld) makeRoom(options, engine, effects);
      break;
    case 'forgotten':
      options.archive.forget(output.digests);
      break;
    case 'adopt':
    case 'frozen':
      effects.send(addresses.adoption, output);
      break;
    case 'proposed':
      if (output.block.height % blocksPerTripLook === 0) askRoundTrip(options, effects);
      break;
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

/** §11: the first piece per validator, kind and epoch. */
function keepEvidence(
  { committee, name, evidence }: EngineOptions,
  { kind, validator, detail, proof }: Extract<Output, { type: 'evidence' }>,
  effects: Fx,
): void {
  const piece = { kind, validator, epoch: committee.epoch, detail, wallMs: effects.wallMs, proof };
  if (!evidence.add(piece)) return;
  effects.request(() => evidence.write(piece));
  effects.note({ count: 'psky_consensus_evidence_total', labels: { chain: name, kind } });
  effects.note({ log: 'warn', message: 'evidence of misbehaviour', fields: { kind, validator, detail } });
}

export function askRoundTrip({ roundTrips, committee }: EngineOptions, effects: Fx): void {
  effects.request((answer) => {
    const { slowestMs, leastMs } = roundTrips();
    answer({ type: 'round-trip', slowestMs, quorumMs: leastMs[committee.q - 2] ?? 0 });
  });
}
