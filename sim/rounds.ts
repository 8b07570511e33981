// The course of a cluster's run: faults fall under load, the world heals and must make progress, then nobody says anything;
// again until the time is over or an invariant is broken.

import type { Liars } from './byzantine/liars.ts';
import type { Watch } from './checkers/watch.ts';
import type { FaultPlan } from './faults.ts';
import type { Host } from './host.ts';
import type { Load, SimNode } from './workloads.ts';
import type { World } from './world.ts';

/** Until all links are up for the first time. */
const warmUpMs = 2_000;
/** From healing to the last accepted command at every intact validator: a few timers at their cap of 8 s. */
const recoveryMs = 40_000;
/** After the last command and its checkpoint an idle chain sends nothing for so long. */
const silenceMs = 3_000;

export interface Stage {
  readonly world: World;
  readonly hosts: readonly Host[];
  readonly nodes: ReadonlyMap<number, SimNode>;
  readonly sacrificed: ReadonlySet<number>;
  readonly liars: Liars;
  readonly watch: Watch;
  readonly plan: FaultPlan;
  readonly load: Load;
}

export interface Timetable {
  readonly virtualSeconds: number;
  /** faults fall so long in each round */
  readonly roundMs: number;
  readonly progress?: (virtualSeconds: number) => void;
}

export function runRounds(stage: Stage, { virtualSeconds, roundMs, progress }: Timetable): void {
  const { world, hosts, nodes, watch } = stage;
  for (const host of hosts) host.start();
  watch.queues(nodes);
  world.run(warmUpMs);
  const endMs = virtualSeconds * 1000;
  do {
    letFaultsFall(stage, Math.min(endMs, world.nowMs + roundMs), progress);
    heal(stage);
    expectSilence(stage);
  } while (isIntact(world) && world.nowMs < endMs);
  if (!isIntact(world)) watch.tellCores();
}

const isIntact = ({ violations }: World): boolean => violations.length === 0;

function letFaultsFall({ world, load, plan }: Stage, untilMs: number, progress: Timetable['progress']): void {
  load.start();
  plan.start();
  while (isIntact(world) && world.nowMs < untilMs) {
    world.run(Math.min(untilMs, world.nowMs + 1000));
    progress?.(Math.floor(world.nowMs / 1000));
  }
}

function heal(stage: Stage): void {
  const { world, hosts, liars, plan, load } = stage;
  if (!isIntact(world)) return;
  plan.heal();
  liars.endAll();
  load.stop();
  const deadline = world.nowMs + recoveryMs;
  // also what is accepted from now on must be committed: healing is more than a standstill without loss
  world.after(1000, () => load.askAll(hosts.map(({ index }) => index)));
  world.run(world.nowMs + 1500);
  let unsettled = whatIsLeft(stage);
  while (isIntact(world) && unsettled !== undefined && world.nowMs < deadline) {
    world.run(world.nowMs + 100);
    unsettled = whatIsLeft(stage);
  }
  if (isIntact(world) && unsettled !== undefined) world.violated('progress after healing', unsettled);
}

/** @returns what is still to happen before every intact validator has everything, as a sentence */
function whatIsLeft({ hosts, sacrificed, watch, load }: Stage): string | undefined {
  for (const host of hosts) {
    if (sacrificed.has(host.index)) continue;
    if (!host.running) return `${host.name} does not run`;
    const behind = watch.behind(host.index);
    if (behind !== undefined) return behind;
  }
  return load.waiting(watch.order);
}

/** An idle chain sends nothing: a sacrificed validator is switched off for it, as it may babble for ever. */
function expectSilence({ world, hosts, sacrificed, watch }: Stage): void {
  if (!isIntact(world)) return;
  for (const index of sacrificed) hosts[index]?.crash('killed');
  const deadline = world.nowMs + recoveryMs;
  let before = -1;
  while (isIntact(world) && before !== watch.sent && world.nowMs < deadline) {
    before = watch.sent;
    world.run(world.nowMs + silenceMs);
  }
  if (before !== watch.sent) world.violated('idle ⇒ no messages', `${watch.sent - before} in the last ${silenceMs} ms`);
  for (const index of sacrificed) hosts[index]?.start();
}
