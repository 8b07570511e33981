// Stage one of the simulator: a durable counter on the production journal, under disk faults and crashes. Clients repeat
// each increment until it is answered; no answered increment may be lost and none may count twice.

import { type ActorSystem, createActorSystem, createTurnRecords, type TurnLog } from '../actors/index.ts';
import { fromUtf8 } from '../lib/bytes.ts';
import { sha256 } from '../lib/hash.ts';
import { KiB } from '../lib/units.ts';
import { type Disk, type Journal, type JournalView, openJournal } from '../storage/index.ts';
import { JournalWitness } from './checkers/journal-witness.ts';
import { counterAddress, counterBehavior, mirrorAddress, mirrorBehavior } from './counter-actor.ts';
import { CounterClient } from './counter-client.ts';
import { fastDisk } from './disk.ts';
import { type FaultKind, FaultPlan } from './faults.ts';
import { Host } from './host.ts';
import type { SimProcess } from './machine.ts';
import { simNotes } from './notes.ts';
import type { SimReport } from './report.ts';
import { World } from './world.ts';

export interface CounterOptions {
  readonly seed: number;
  readonly virtualSeconds: number;
  readonly faults: readonly FaultKind[];
  readonly log?: (line: string) => void;
  /** called once per virtual second */
  readonly progress?: (virtualSeconds: number) => void;
  /** Tests of the simulator itself put something faulty between the program and its world. */
  readonly sabotage?: {
    readonly disk?: (disk: Disk) => Disk;
    readonly turnLog?: (log: TurnLog) => TurnLog;
  };
}

/** The kinds that one machine without a network can meet and come back from. */
export const counterFaults: readonly FaultKind[] = [
  'crash',
  'pause',
  'torn-write',
  'lost-write',
  'slow-sync',
  'failed-sync',
  'clock',
];

const clients = 4;
const settleMs = 20_000;

export function runCounter(options: CounterOptions): SimReport {
  const world = new World(options.seed, options.log);
  const run = new CounterRun(world, options);
  const plan = new FaultPlan(
    { world, hosts: [run.host], network: undefined, sacrificed: [], mayRot: () => false },
    { kinds: options.faults, everyMs: [50, 1000], rotFromMs: 0 },
  );
  run.host.start();
  plan.start();
  for (let second = 1; second <= options.virtualSeconds && world.violations.length === 0; second++) {
    world.run(second * 1000);
    options.progress?.(second);
  }
  if (world.violations.length === 0) {
    plan.heal();
    run.drain();
    world.run(world.nowMs + settleMs, () => run.settled);
    run.checkTotals();
  }
  return {
    verdict: world.violations.length === 0 ? 'ok' : 'violated',
    traceHash: world.trace.digest(),
    events: world.events,
    commits: run.answered,
    faults: plan.counts,
    behaviours: {},
    violations: world.violations,
  };
}

class CounterRun {
  readonly host: Host;
  readonly #world: World;
  readonly #options: CounterOptions;
  readonly #witness: JournalWitness;
  readonly #retain: 'all' | number;
  readonly #clients: CounterClient[];
  #system: ActorSystem | undefined;

  constructor(world: World, options: CounterOptions) {
    this.#world = world;
    this.#options = options;
    this.#witness = new JournalWitness('counter', world);
    const { random } = world;
    this.#retain = random.workload.pick(['all', 256 * KiB]);
    const disk = { ...fastDisk, direct: random.disk.chance(0.5) };
    const program = (_: Host, process: SimProcess): void => this.#boot(process);
    this.host = new Host(world, { index: 0, name: 'counter', program, disk, restartMs: [1, 500] });
    this.#clients = Array.from({ length: clients }, (_, i) => new CounterClient(world, `c${i}`, () => this.#system));
    for (const client of this.#clients) client.begin();
  }

  /** increments that were answered */
  get answered(): number {
    return this.#clients.reduce((sum, client) => sum + client.answered, 0);
  }

  drain(): void {
    for (const client of this.#clients) client.drain();
  }

  get settled(): boolean {
    return this.#clients.every((client) => client.idle) && this.#total('mirror') === this.answered;
  }

  checkTotals(): void {
    if (this.#world.violations.length > 0) return;
    const waiting = this.#clients.filter((client) => !client.idle).length;
    if (waiting > 0) return this.#world.violated('progress after healing', `${waiting} clients wait for an answer`);
    if (this.#total('counter') !== this.answered)
      this.#world.violated(
        'each increment counts once',
        `${this.answered} were answered, the counter says ${this.#total('counter')}`,
      );
    if (this.#total('mirror') !== this.answered)
      this.#world.violated(
        'each posted message takes effect once',
        `the mirror says ${this.#total('mirror')}, not ${this.answered}`,
      );
  }

  #total(of: 'counter' | 'mirror'): unknown {
    return this.#system?.describe(of === 'counter' ? counterAddress : mirrorAddress)?.context?.['total'];
  }

  #boot(process: SimProcess): void {
    const { sabotage = {} } = this.#options;
    const { clock } = process;
    const port = this.host.disk.port(process);
    const disk = sabotage.disk?.(port) ?? port;
    process.onDeath(() => {
      this.#system?.halt();
      this.#system = undefined;
    });
    openJournal(
      {
        disk,
        clock,
        fatal: (fault) => this.host.gaveUp(process, fault.message),
        note: () => undefined,
      },
      {
        directory: 'shard/journal',
        shardId: sha256(fromUtf8('counter')).subarray(0, 16),
        segmentBytes: 64 * KiB,
        retain: this.#retain,
      },
      (fault, journal) => {
        if (fault === undefined) this.#recover(process, journal);
        // disks fail syncs while opening too; whatever else stops it is not what this world's faults may do
        else if (fault.code === 'journal-write-failed') this.host.gaveUp(process, fault.message);
        else this.#world.violated('an intact journal opens', fault.message);
      },
    );
  }

  #recover(process: SimProcess, journal: Journal): void {
    const view = this.#witness.watch(journal.view('actors'));
    const records = createTurnRecords();
    view.live(() => records.live());
    view.replay(
      (record) => void records.load(record.kind, record.body),
      (fault) => {
        if (fault === undefined) this.#run(process, view, records);
        else this.host.gaveUp(process, fault.message);
      },
    );
  }

  #run(process: SimProcess, view: JournalView, records: ReturnType<typeof createTurnRecords>): void {
    const log = this.#options.sabotage?.turnLog?.(view) ?? view;
    this.#system = createActorSystem({
      clock: process.clock,
      shards: { main: log },
      notes: simNotes(this.#world, this.host.name),
      onFatal: (reason) => this.host.gaveUp(process, reason),
    });
    this.#system.spawn(mirrorAddress, mirrorBehavior(records));
    this.#system.spawn(counterAddress, counterBehavior(records));
    if (this.#retain !== 'all') view.onDurable((position) => view.releaseBelow(position));
  }
}
