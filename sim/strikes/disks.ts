// Strikes against disks: power cuts in the middle of a write, syncs that are slow or fail, space that runs out, rot.

import { assert } from '../../lib/assert.ts';
import { KiB } from '../../lib/units.ts';
import type { Host } from '../host.ts';
import { defaultDiskBytes } from '../limits.ts';
import { runningHost, type Scene, type Strike, sacrificedHost } from './strike.ts';

/** The power goes while a write is on its way to the platter. */
export const tornWrite: Strike = (scene) => powerCutMidWrite(scene, 'torn');

/** The power goes while a write sits in a cache that it will not leave. */
export const lostWrite: Strike = (scene) => powerCutMidWrite(scene, 'lost');

function powerCutMidWrite(scene: Scene, fate: 'torn' | 'lost'): boolean {
  const { random, world } = scene;
  return onDisk(scene, (host) => {
    host.disk.onWriteBegun = () => {
      host.disk.onWriteBegun = undefined;
      world.after(random.between(0, fate === 'torn' ? 0.01 : 0.2), () => {
        host.crash('power-cut', fate);
        host.startAfter(random.between(1, 1500));
      });
    };
  });
}

export const slowSync: Strike = (scene) =>
  onDisk(scene, (host) => {
    host.disk.slowSyncMs = scene.random.pick([
      [1, 20],
      [50, 500],
    ] as const);
    scene.until(scene.random.between(200, 4000), () => {
      host.disk.slowSyncMs = undefined;
    });
  });

export const failedSync: Strike = (scene) =>
  onDisk(scene, (host) => {
    host.disk.failingSyncs = 1;
  });

/** Little space or none: first nothing new is admitted, then writes fail. Somebody tidies up later. */
export const fullDisk: Strike = (scene) =>
  onDisk(scene, ({ disk }) => {
    disk.capacityBytes = disk.usedBytes() + scene.random.pick([0, 16 * KiB, 900 * KiB]);
    scene.until(scene.random.between(500, 6000), () => {
      disk.capacityBytes = defaultDiskBytes;
    });
  });

export const bitRot: Strike = (scene) => {
  const { random } = scene;
  const host = scene.world.nowMs < scene.rotFromMs ? undefined : sacrificedHost(scene);
  const paths = host?.disk.names.paths().filter(scene.mayRot) ?? [];
  if (host === undefined || paths.length === 0) return false;
  const image = host.disk.names.find(random.pick(paths));
  assert(image !== undefined, 'a listed file is there');
  if (image.size === 0) return false;
  for (let i = 0; i < 16; i++) image.rot(random.below(image.size), 1 << random.below(8));
  // rot shows itself when it is read
  host.crash('killed');
  host.startAfter(random.between(1, 1000));
  return true;
};

function onDisk(scene: Scene, strike: (host: Host) => void): boolean {
  const host = runningHost(scene);
  if (host === undefined) return false;
  strike(host);
  return true;
}
