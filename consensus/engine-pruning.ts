// What the journal and the archive may let go (§9): records that recovery needs no more, and blocks that a certified snapshot
// takes the place of.

import type { Message, Position } from '../actors/index.ts';
import type { JournalView } from '../storage/index.ts';
import type { Application } from './application.ts';
import type { Archive } from './archive.ts';
import { commitHeight, isAtRest, oldestOpenHeader } from './core/index.ts';
import type { Engine, EngineMessage, EngineOptions, Fx } from './engine-state.ts';

interface Releasing {
  readonly application: Pick<Application, 'persist'>;
  readonly archive: Pick<Archive, 'sync' | 'oldestFresh'>;
  readonly journal: Pick<JournalView, 'appended' | 'releaseBelow'>;
}

/**
 * Two checkpoints old is old enough (§9): what stood in the journal before the last one is not needed to recover, but for
 * batches that still wait to be executed and headers that wait to be committed (D2); these are rarely so old, and then the
 * next checkpoint releases. Everything executed is on disk first; a write that fails is the shard's to report.
 */
export function releaseJournal(
  options: Releasing,
  engine: Pick<Engine, 'core' | 'checkpointMark'>,
  effects: Pick<Fx, 'request'>,
): void {
  const mark = engine.checkpointMark;
  engine.checkpointMark = { position: options.journal.appended, records: engine.core.appended };
  if (mark === undefined || oldestOpenHeader(engine.core) <= mark.records) return;
  releaseUpTo(options, mark.position, effects);
}

function releaseUpTo(
  { application, archive, journal }: Releasing,
  position: Position,
  effects: Pick<Fx, 'request'>,
): void {
  const release = (): void => journal.releaseBelow(archive.oldestFresh(position) as Position);
  effects.request(() =>
    application.persist((fault) => {
      if (fault === undefined) archive.sync(release);
    }),
  );
}

/**
 * §9: the journal may prune what lies below a certified snapshot. A node that is a little behind has made its snapshot when
 * the certificate is here already.
 */
export function certifySnapshot({ archive, snapshots }: EngineOptions, { core }: Engine, effects: Fx): void {
  const certificate = core.checkpoint;
  if (certificate === undefined) return;
  effects.request((answer) => {
    const settle = settling(answer);
    snapshots.certify(certificate, (fault, certified) => {
      if (fault !== undefined || certified === undefined) return fault === undefined ? undefined : settle(fault);
      archive.releaseBelow({ height: certificate.height, position: certified.mark }, settle);
    });
  });
}

const settling =
  (answer: (message: EngineMessage) => void) =>
  (fault: string | undefined): void =>
    answer(fault === undefined ? { type: 'kept-changed' } : { type: 'certify-failed', reason: fault });

/**
 * The journal could prune if this chain let it. One that goes on makes a snapshot where its next checkpoint is signed. One
 * at rest has no next checkpoint, and other chains of its shard may fill segment after segment: the live records in the
 * newest of them, and a snapshot at its last checkpoint, take the place of all that it wrote before. While it rests the same
 * snapshot serves, so each chain writes its state at most once per height and per `retain` bytes of the shard.
 */
export function makeRoom(options: EngineOptions, engine: Engine, effects: Fx): void {
  const { core } = engine;
  const { archive, snapshots, journal, addresses } = options;
  if (!isAtRest(core)) {
    effects.send(addresses.executor, { type: 'snapshot-due' } as Message);
    return;
  }
  if (journal.repeatedFrom !== undefined) releaseUpTo(options, journal.repeatedFrom, effects);
  const height = commitHeight(core);
  const stands = height === 0 || snapshots.newest()?.certificate.height === height;
  if (stands) effects.request((answer) => archive.releaseBelow(archive.mark(), settling(answer)));
  else if (core.checkpoint?.height === height)
    effects.send(addresses.executor, { type: 'snapshot-now', block: core.committedTip } as Message);
}

/** A segment was begun, and the journal is still held back: a chain that goes on hears of it at its next checkpoint. */
export function onHeld(options: EngineOptions, engine: Engine, effects: Fx): void {
  if (options.journal.pruningHeld && isAtRest(engine.core)) makeRoom(options, engine, effects);
}
