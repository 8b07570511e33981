// One simulated machine with a journal on its disk: opens it, crashes it, opens it again.

import type { Note } from '../../actors/index.ts';
import { fromUtf8, toUtf8 } from '../../lib/bytes.ts';
import { fastDisk, SimDisk } from '../../sim/disk.ts';
import type { CrashFate } from '../../sim/disk-image.ts';
import { Machine, type SimProcess } from '../../sim/machine.ts';
import { World } from '../../sim/world.ts';
import type { Journal, JournalFault, JournalOptions, JournalView } from '../../storage/index.ts';
import { openJournal } from '../../storage/index.ts';

export const directory = 'data/main/journal';
export const shardId = fromUtf8('0123456789abcdef');

export class JournalBench {
  readonly world: World;
  readonly machine: Machine;
  readonly disk: SimDisk;
  readonly notes: Note[] = [];
  readonly fatal: JournalFault[] = [];
  process: SimProcess;
  private readonly options: Partial<JournalOptions>;

  constructor(options: Partial<JournalOptions> & { readonly seed?: number; readonly direct?: boolean } = {}) {
    const { seed = 1, direct = false, ...rest } = options;
    this.options = rest;
    this.world = new World(seed);
    this.machine = new Machine(this.world, 0, 'v1');
    this.disk = new SimDisk(this.machine, { ...fastDisk, direct });
    this.process = this.machine.startProcess();
  }

  tryOpen(options: Partial<JournalOptions> = {}): { readonly fault?: JournalFault; readonly journal?: Journal } {
    let outcome: { fault?: JournalFault; journal?: Journal } | undefined;
    openJournal(
      {
        disk: this.disk.port(this.process),
        clock: this.process.clock,
        fatal: (fault) => this.fatal.push(fault),
        note: (note) => this.notes.push(note),
      },
      { directory, shardId, segmentBytes: 65_536, groupAlignment: 64, ...this.options, ...options },
      (fault, journal) => {
        outcome = fault ? { fault } : { journal };
      },
    );
    this.until(() => outcome !== undefined);
    return outcome as { fault?: JournalFault; journal?: Journal };
  }

  open(options: Partial<JournalOptions> = {}): Journal {
    const { fault, journal } = this.tryOpen(options);
    if (fault) throw new Error(`${fault.code}: ${fault.message}`);
    return journal as Journal;
  }

  /** The power fails: what is not durable is lost, torn or lucky. */
  crash(fate: CrashFate = 'chance'): void {
    this.machine.end('power-cut');
    this.disk.powerCut(fate);
    this.process = this.machine.startProcess();
  }

  kill(): void {
    this.machine.end('killed');
    this.disk.processKilled();
    this.process = this.machine.startProcess();
  }

  until(condition: () => boolean, withinMs = 60_000): boolean {
    if (!condition()) this.world.run(this.world.nowMs + withinMs, condition);
    return condition();
  }

  settle(): void {
    this.world.run(this.world.nowMs + 1000);
  }

  synced(journal: Journal): void {
    this.until(() => journal.durable === journal.appended);
  }

  replay(view: JournalView): { readonly kind: number; readonly text: string }[] {
    const records: { kind: number; text: string }[] = [];
    let outcome: JournalFault | 'fine' | undefined;
    view.replay(
      ({ kind, body }) => records.push({ kind, text: toUtf8(body) ?? '?' }),
      (fault) => {
        outcome = fault ?? 'fine';
      },
    );
    this.until(() => outcome !== undefined);
    if (outcome !== 'fine') throw new Error(`replay: ${JSON.stringify(outcome)}`);
    return records;
  }

  texts(view: JournalView): readonly string[] {
    return this.replay(view).map((record) => record.text);
  }
}
