// Recovery of the engine: the journal comes back in slices, then the core is whole and the chain is told.

import type { Message, Position } from '../actors/index.ts';
import { misfit } from '../lib/shape.ts';
import { finishRecovery, liveRecords, neededBatches, recoverRecord } from './core/index.ts';
import { give, keptOf } from './engine-inputs.ts';
import type { Engine, EngineMessage, EngineOptions, Fx, ReplayedRecord } from './engine-state.ts';
import { replaySliceBytes } from './limits.ts';
import { decodeRecord, encodeRecord } from './wire.ts';

/** Hands the journal to the actor in slices, so that a long history neither fills memory nor holds up the loop. */
export function replay({ journal }: EngineOptions, answer: (message: EngineMessage) => void): void {
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

export function onReplayed(
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
  options.archive.keepFresh(neededBatches(core));
  options.journal.live(() => liveRecords(core).map(encodeRecord));
  effects.request((answer) => options.journal.onHeld(() => answer({ type: 'pruning-held' })));
  const { hooks } = options;
  if (hooks?.started !== undefined)
    effects.request((answer) => hooks.started?.(core, (outputs) => answer({ type: 'perform', outputs })));
  effects.request(() => options.links.subscribe(options.committee.chain, effects.self));
  effects.send(options.addresses.validator, { type: 'replayed' });
  if (core.me !== undefined) {
    const lost = core.redo.flatMap(({ mine }) => mine);
    const batches = [...lost, ...(core.lanes[core.me]?.chain.values() ?? [])];
    effects.send(options.addresses.admission, { type: 'own-recovered', batches } as Message);
  }
  effects.send(options.addresses.chain, { type: 'ready' });
  give(engine, { type: 'kept', kept: keptOf(options) }, effects);
}
