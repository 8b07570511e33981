// Strikes against the network: messages that take longer, come twice or on a later connection; connections that break;
// directions in which nothing passes, for one pair or between two sides, for a while or again and again.

import type { Host } from '../host.ts';
import type { BreakOptions } from '../network.ts';
import { networkOf, type Scene, type Strike } from './strike.ts';

export const slowMessages: Strike = (scene) => {
  const network = networkOf(scene);
  network.paths.slowdown = { share: 0.3, factor: 10 };
  scene.until(scene.random.between(200, 4000), () => {
    network.paths.slowdown = undefined;
  });
  return true;
};

export const doubledMessages: Strike = (scene) => {
  const network = networkOf(scene);
  network.duplicates = 0.05;
  scene.until(scene.random.between(200, 4000), () => {
    network.duplicates = 0;
  });
  return disconnectSome(scene, { detectMs: [0, 300], echo: 0.5 });
};

export const lateMessages: Strike = (scene) =>
  disconnectSome(scene, { detectMs: [300, 1500], tailMs: [50, 500], echo: 0.3 });

/** One pair loses its connections, up to six times in a row. */
export const brokenConnections: Strike = (scene) => {
  const { random } = scene;
  const [a, b] = twoHosts(scene);
  const times = 1 + random.below(6);
  const detect = random.pick([0, 5, 300]);
  for (let i = 0; i < times; i++)
    scene.world.after(i * random.between(10, 400), () =>
      networkOf(scene).disconnect(a.index, b.index, { detectMs: [0, detect] }),
    );
  return true;
};

export const oneWay: Strike = (scene) => {
  const [a, b] = twoHosts(scene);
  cutFor(scene, scene.random.between(200, 5000), [[a.index, b.index]]);
  return true;
};

/** Two sides, chosen at random: even, a minority, or one alone. */
export const partition: Strike = (scene) => {
  const pairs = bothWays(acrossSides(scene));
  cutFor(scene, scene.random.between(200, 6000), pairs);
  return pairs.length > 0;
};

/** One side hears the other and is not heard. */
export const asymmetricPartition: Strike = (scene) => {
  const pairs = acrossSides(scene);
  cutFor(scene, scene.random.between(200, 6000), pairs);
  return pairs.length > 0;
};

/** The same two sides, parted and joined again and again: faster or slower than a connection finds out. */
export const flappingPartition: Strike = (scene) => {
  const { random } = scene;
  const pairs = bothWays(acrossSides(scene));
  const [apartMs, joinedMs] = random.pick([
    [30, 30],
    [300, 100],
    [1200, 600],
  ]) as [number, number];
  let left = 3 + random.below(6);
  const flap = (): void => {
    const ms = apartMs * random.between(0.5, 1.5);
    cutFor(scene, ms, pairs);
    left--;
    if (left > 0) scene.later(ms + joinedMs * random.between(0.5, 1.5), flap);
  };
  if (pairs.length > 0) flap();
  return pairs.length > 0;
};

type Pair = readonly [from: number, to: number];

/** Every pair from one side to the other. */
function acrossSides({ hosts, random }: Scene): readonly Pair[] {
  const side = hosts.map(() => random.chance(0.5));
  return hosts
    .filter((_, index) => side[index])
    .flatMap((a) => hosts.filter((_, index) => !side[index]).map((b) => [a.index, b.index] as const));
}

const bothWays = (pairs: readonly Pair[]): readonly Pair[] => pairs.flatMap(([a, b]) => [[a, b] as const, [b, a]]);

function cutFor(scene: Scene, ms: number, pairs: readonly Pair[]): void {
  const network = networkOf(scene);
  for (const [from, to] of pairs) network.cut(from, to);
  scene.until(ms, () => {
    for (const [from, to] of pairs) network.mend(from, to);
  });
}

function disconnectSome(scene: Scene, options: BreakOptions): boolean {
  const [a, b] = twoHosts(scene);
  return networkOf(scene).disconnect(a.index, b.index, options) > 0;
}

function twoHosts({ hosts, random }: Scene): readonly [Host, Host] {
  const [a, b] = random.shuffle(hosts);
  return [a as Host, b as Host];
}
