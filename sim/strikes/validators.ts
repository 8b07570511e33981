// Strikes that cost a validator for good, or would if its true disk never came back. They fall on the sacrificed ones:
// misbehaviour on purpose, a home restored from an older copy, an empty one, and two machines with one key.

import type { Host, HostCopy } from '../host.ts';
import { type Scene, type Strike, sacrificedHost } from './strike.ts';

export const misbehave: Strike = (scene) => {
  const host = sacrificedHost(scene);
  if (host === undefined) return false;
  scene.misbehave?.(host.index, scene.random.between(1000, 8000));
  return true;
};

/** An operator restores a backup, made while the validator was running; when it shows itself fenced, the true disk returns. */
export const staleDisk: Strike = (scene) => {
  const { random } = scene;
  const host = sacrificedHost(scene);
  if (host === undefined || host.onLentDisk) return false;
  const copy = host.copy();
  scene.later(random.pick([50, 500, 4000]) * random.between(0.5, 1), () => {
    if (host.onLentDisk) return;
    runOn(scene, host, copy, 'older copy');
    scene.struck('stale-disk');
  });
  return false;
};

export const wipedDisk: Strike = (scene) => {
  const host = sacrificedHost(scene);
  if (host === undefined || host.onLentDisk) return false;
  runOn(scene, host, undefined, 'nothing');
  return true;
};

function runOn(scene: Scene, host: Host, copy: HostCopy | undefined, what: 'older copy' | 'nothing'): void {
  const { random, world } = scene;
  host.crash('killed');
  host.lend(copy);
  world.log(() => `${host.name} runs on ${what}`);
  scene.lent?.(host.index, what);
  host.startAfter(random.between(1, 300));
  scene.until(random.between(500, 5000), () => {
    host.crash('killed');
    host.takeBack();
    scene.restored?.(host.index);
    host.startAfter(random.between(1, 300));
  });
}

/** One key on two machines, each honest by itself, each reached by some of the peers: by others every now and then. */
export const twins: Strike = (scene) => {
  const { random, twins } = scene;
  const host = sacrificedHost(scene);
  if (host === undefined || host.onLentDisk || twins?.part(host.index) !== true) return false;
  const shuffle = (): void => {
    twins.shuffle(host.index);
    scene.later(random.between(200, 2000), shuffle);
  };
  scene.until(random.between(1000, 6000), () => twins.rejoin(host.index));
  scene.later(random.between(200, 2000), shuffle);
  return true;
};
