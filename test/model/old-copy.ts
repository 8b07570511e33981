// The directed schedule of D5, which random ones hardly meet: a validator comes back with an older copy of its journal.

import { type Random, seededRandom } from '../../lib/random.ts';
import { CoreWorld, type Host } from './core-world.ts';

const victim = 3;

/**
 * @param options.waits false deletes D5's wait for the Hellos of q − 1 peers
 * @returns whether the peers made it stop, and how many votes and Timeouts it signed anew until then
 */
export function restoreOldCopy(
  seed: number,
  options: { readonly waits: boolean },
): { readonly fenced: boolean; readonly signed: number } {
  const random = seededRandom(seed);
  const world = new CoreWorld({ n: 4, byzantine: [], sacrificed: [victim], window: 8 });
  for (const a of world.hosts) for (const b of world.hosts) if (a.place < b.place) world.link(a, b);
  for (let round = 0; round < 40; round++) {
    world.submit(random.pick(world.hosts), `entry ${round}`);
    breathe(world, random);
  }
  const host = world.hosts[victim] as Host;
  world.crash(host);
  host.disk.splice(lengthBeforeAnOldVote(host, random));
  const kept = host.disk.length;
  world.start(host);
  if (!options.waits) host.core.awaitingHellos = undefined;
  for (const other of world.hosts) world.link(host, other);
  for (let round = 0; round < 20; round++) {
    world.submit(random.pick(world.hosts), `entry ${100 + round}`);
    if (!options.waits) world.fire(host);
    breathe(world, random);
  }
  const signed = host.disk.slice(kept).filter(({ type }) => type === 'vote' || type === 'timeout').length;
  return { fenced: host.core.fenced !== undefined, signed };
}

/** Everything that is on its way arrives, in some order. */
function breathe(world: CoreWorld, random: Random): void {
  for (const host of random.shuffle(world.hosts)) {
    for (const from of random.shuffle(world.hosts)) {
      if (world.areLinked(from, host)) world.deliver(from, host, Number.POSITIVE_INFINITY);
    }
    world.sync(host, host.pending.length);
    while (host.toExecute.length > 0) world.execute(host);
  }
  world.now += 10;
}

function lengthBeforeAnOldVote(host: Host, random: Random): number {
  const votes = host.disk.flatMap((record, index) => (record.type === 'vote' ? [index] : []));
  return random.pick(votes);
}
