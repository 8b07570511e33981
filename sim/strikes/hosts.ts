// Strikes against machines and their processes: kills at any instant, restarts that never get far, pauses, wrong clocks.

import type { Host } from '../host.ts';
import { runningHost, type Scene, type Strike } from './strike.ts';

/** One, some or all processes at once; or one of them between two of its steps, wherever that is. */
export const crash: Strike = (scene) => {
  const { hosts, random } = scene;
  const running = hosts.filter((host) => host.running);
  if (running.length === 0) return false;
  if (random.chance(0.3)) return killAtStep(scene, random.pick(running));
  const victims = random.pick([
    running.slice(),
    running.filter(() => random.chance(0.5)),
    ...running.map((host) => [host]),
  ]);
  for (const host of victims) crashOne(scene, host);
  return victims.length > 0;
};

function crashOne({ random }: Scene, host: Host): void {
  host.crash(random.pick(['killed', 'power-cut']));
  host.startAfter(random.pick([1, 50, 800, 4000]) * random.between(0.5, 1));
}

/** An instant drawn from time mostly falls where nothing happens; one drawn from its steps falls inside what it does. */
function killAtStep(scene: Scene, host: Host): boolean {
  const process = host.machine.process;
  let left = 1 + scene.random.below(200);
  process?.beforeStep(() => {
    left--;
    if (left === 0 && host.machine.process === process) crashOne(scene, host);
  });
  return true;
}

/** A supervisor that starts it again at once, and it dies again before it has recovered, or just after. */
export const restartStorm: Strike = (scene) => {
  const { random } = scene;
  const host = runningHost(scene);
  if (host === undefined) return false;
  let left = 2 + random.below(5);
  const again = (): void => {
    host.crash(random.pick(['killed', 'power-cut']));
    host.startAfter(random.between(0.1, 20));
    left--;
    if (left > 0) scene.later(20 + random.pick([2, 20, 300]) * random.next(), again);
  };
  again();
  return true;
};

export const pause: Strike = (scene) => {
  const process = runningHost(scene)?.machine.process;
  if (process === undefined) return false;
  process.pause();
  scene.until(scene.random.between(100, 5000), () => process.resume());
  return true;
};

export const wrongClock: Strike = (scene) => {
  const { random } = scene;
  const { machine } = random.pick(scene.hosts);
  machine.setClockRate(random.between(0.97, 1.03));
  machine.wallOffsetMs = random.pick([1, -1]) * random.pick([100, 600, 5000]) * random.next();
  scene.until(random.between(500, 5000), () => {
    machine.setClockRate(1);
    machine.wallOffsetMs = 0;
  });
  return true;
};
