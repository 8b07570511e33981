// One random schedule over real cores, of the model's steps (propose, deliver a part, sync a prefix, crash and restart, fire a
// timer, partition), then healing: everything accepted must be executed everywhere, and the chain must fall silent.

import { nextDeadline } from '../../consensus/core/index.ts';
import { type Random, seededRandom } from '../../lib/random.ts';
import { Liar } from './core-liar.ts';
import { CoreWorld, type Host, Violation, type WorldOptions } from './core-world.ts';

export interface Schedule extends WorldOptions {
  readonly name: string;
  readonly steps: number;
  readonly crashes: boolean;
}

export interface Outcome {
  readonly violation: string | null;
  readonly steps: number;
  readonly messages: number;
  readonly commits: number;
  readonly terms: number;
}

/** @param trace is told each step, for a replay */
export function runSchedule(schedule: Schedule, seed: number, trace: (step: string) => void = () => {}): Outcome {
  const random = seededRandom(seed);
  const world = new CoreWorld(schedule);
  const drive = new Drive(schedule, world, random.fork('schedule'), new Liar(world, random.fork('liar')), trace);
  let violation: string | null = null;
  try {
    drive.connectAll();
    for (let step = 0; step < schedule.steps; step++) drive.step();
    drive.heal();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    violation = error instanceof Violation ? error.message : `${error.stack}`;
  }
  const terms = Math.max(...world.hosts.map((host) => host.core.term));
  return { violation, steps: drive.taken, messages: world.delivered, commits: world.checker.commits, terms };
}

type StepName =
  | 'submit'
  | 'deliver'
  | 'hear'
  | 'sync'
  | 'execute'
  | 'fire'
  | 'crash'
  | 'restart'
  | 'cut'
  | 'mend'
  | 'partition'
  | 'lie';

class Drive {
  taken = 0;
  private readonly schedule: Schedule;
  private readonly world: CoreWorld;
  private readonly random: Random;
  private readonly liar: Liar;
  private readonly trace: (step: string) => void;
  private readonly weights: readonly (readonly [StepName, number])[];
  private readonly submitted: string[] = [];

  constructor(schedule: Schedule, world: CoreWorld, random: Random, liar: Liar, trace: (step: string) => void) {
    this.schedule = schedule;
    this.world = world;
    this.random = random;
    this.liar = liar;
    this.trace = trace;
    this.weights = drawTaste(random, schedule);
  }

  connectAll(): void {
    for (const a of this.world.hosts) for (const b of this.world.hosts) if (a.place < b.place) this.connect(a, b);
  }

  step(): void {
    const name = this.draw();
    const host = this.random.pick(this.world.hosts);
    this.taken++;
    this.trace(`${this.taken}: ${name} ${host.place}`);
    this.take(name, host);
  }

  private draw(): StepName {
    let left = this.random.next() * this.weights.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of this.weights) {
      left -= weight;
      if (left <= 0) return name;
    }
    return 'deliver';
  }

  private take(name: StepName, host: Host): void {
    const { world, random } = this;
    switch (name) {
      case 'submit':
        return this.submit(host);
      case 'deliver':
        return this.deliver(random.pick(world.hosts), host, 1 + random.below(4));
      case 'hear':
        for (const from of world.hosts) this.deliver(from, host, Number.POSITIVE_INFINITY);
        return;
      case 'sync':
        return world.sync(host, random.chance(0.7) ? host.pending.length : random.below(host.pending.length + 1));
      case 'execute':
        return world.execute(host);
      case 'fire':
        return world.fire(host);
      case 'crash':
        return this.crash(host);
      case 'restart':
        return this.restart(random.pick(world.hosts));
      case 'cut':
        return world.unlink(host, random.pick(world.hosts));
      case 'mend':
        return this.mend(host);
      case 'partition':
        return this.partition();
      case 'lie':
        return this.liar.lie();
    }
  }

  private submit(host: Host): void {
    if (!host.honest || !host.alive) return;
    const entry = `entry ${this.submitted.length}`;
    this.submitted.push(entry);
    this.world.submit(host, entry);
  }

  private deliver(from: Host, to: Host, count: number): void {
    if (this.world.areLinked(from, to)) this.world.deliver(from, to, count);
  }

  private crash(host: Host): void {
    if (!host.alive) return;
    const { world, random } = this;
    world.crash(host);
    if (!host.honest && random.chance(0.5)) host.disk.splice(1); // a Byzantine node may forget what it signed
    if (random.chance(0.6)) this.restart(host);
  }

  private restart(host: Host): void {
    if (host.alive) return;
    this.world.start(host);
    if (this.random.chance(0.8)) this.mend(host);
  }

  private mend(host: Host): void {
    for (const other of this.random.shuffle(this.world.hosts)) this.connect(host, other);
  }

  /** A twin is linked to the honest nodes that it happens to meet first. */
  private connect(a: Host, b: Host): void {
    if (this.world.areLinked(a, b)) return;
    if ((a.honest && b.honest) || this.random.chance(0.7)) this.world.link(a, b);
  }

  private partition(): void {
    const { world, random } = this;
    const side = new Set(world.hosts.filter(() => random.chance(0.5)));
    for (const a of world.hosts)
      for (const b of world.hosts) if (a.place < b.place && side.has(a) !== side.has(b)) world.unlink(a, b);
  }

  // -------------------------------------------------------------------------------------------------- healing

  /** Byzantine nodes fall silent, honest ones run and are connected; time passes as it should. */
  heal(): void {
    const { world } = this;
    this.trace('heal');
    for (const host of world.hosts) if (!host.honest && host.alive) world.crash(host);
    const honest = world.hosts.filter((host) => host.honest);
    for (const host of honest) {
      if (!host.alive) world.start(host);
      for (const other of honest) world.link(host, other);
    }
    const latest = world.now + 120_000;
    while (this.settle(honest) || this.wait(honest))
      if (world.now > latest) throw new Violation(`the healed chain is not silent after 120 s: ${this.state(honest)}`);
    this.checkHealed(honest);
  }

  /** @returns whether anything moved */
  private settle(honest: readonly Host[]): boolean {
    const { world } = this;
    let moved = false;
    for (const host of honest) {
      for (const from of honest) {
        const waiting = world.links.get(`${from.place}>${host.place}`)?.length ?? 0;
        if (waiting === 0) continue;
        world.deliver(from, host, waiting);
        moved = true;
      }
      if (host.pending.length > 0) {
        world.sync(host, host.pending.length);
        moved = true;
      }
      while (host.toExecute.length > 0) {
        world.execute(host);
        moved = true;
      }
    }
    if (moved) world.now += 1;
    return moved;
  }

  /** Nothing moves: on to the earliest timer. @returns whether there was one */
  private wait(honest: readonly Host[]): boolean {
    const { world } = this;
    const due = honest.flatMap((host) => {
      const deadline = nextDeadline(host.core);
      return deadline === undefined ? [] : [{ host, at: deadline - host.skew }];
    });
    due.sort((a, b) => a.at - b.at);
    const [first] = due;
    if (first === undefined) return false;
    world.now = Math.max(world.now, first.at);
    world.turn(first.host, [{ type: 'wake' }]);
    return true;
  }

  private checkHealed(honest: readonly Host[]): void {
    const [first] = honest;
    for (const host of honest) {
      if (host.applied.join() !== first?.applied.join())
        throw new Violation(`healed nodes have executed the same: ${this.state(honest)}`);
      const executed = new Set(host.applied.map((entry) => entry.split('@')[0]));
      const lost = host.accepted.filter((entry) => !executed.has(entry));
      if (host.core.committedTip.execHeight < host.core.lastOrdered)
        throw new Violation(`every result is covered (E3): ${this.state(honest)}`);
      if (lost.length > 0)
        throw new Violation(
          `what was accepted is executed: validator ${host.validator + 1} lost ${lost.join(', ')}; ${this.state(honest)}`,
        );
    }
  }

  private state(honest: readonly Host[]): string {
    return honest
      .map(({ validator, core }) => {
        const timers = [...core.timers.keys()].join('+');
        return `v${validator + 1} term ${core.term}${core.timedOut ? '!' : ''} commit ${core.committedTip.height} executed ${core.executed} high ${core.highQc?.term}/${core.highQc?.height} ${timers}`;
      })
      .join('; ');
  }
}

/** Some schedules lose links all the time, others run smoothly and crash once. */
function drawTaste(random: Random, schedule: Schedule): readonly (readonly [StepName, number])[] {
  const rough = random.next();
  const byzantine = schedule.byzantine.length > 0;
  return [
    ['submit', random.between(0.5, 3)],
    ['deliver', random.between(2, 8)],
    ['hear', random.between(4, 16)],
    ['sync', random.between(4, 12)],
    ['execute', random.between(2, 6)],
    ['fire', random.between(0.05, 1) * rough],
    ['crash', schedule.crashes ? 0.4 * rough : 0],
    ['restart', 1],
    ['cut', random.chance(0.5) ? rough : 0],
    ['mend', random.between(0.3, 2)],
    ['partition', random.chance(0.3) ? 0.2 * rough : 0],
    ['lie', byzantine ? random.between(0, 6) : 0],
  ];
}
