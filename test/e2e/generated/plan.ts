// What a seed decides: a network, the load on it, and a script of faults. Members are numbered from 0: v1 has 0, and a
// follower comes after the last validator.

import { devnetChains } from '../../../cli/home/create.ts';
import { quorumOf } from '../../../consensus/certificate/index.ts';
import type { ChainEntry } from '../../../consensus/genesis/index.ts';
import { type Random, seededRandom } from '../../../lib/random.ts';
import { MiB } from '../../../lib/units.ts';

export const faultKinds = [
  'kill',
  'pause',
  'disconnect',
  'one-way',
  'slow-disk',
  'failing-sync',
  'full-disk',
  'torn-journal',
  'wiped-validator',
  'wiped-follower',
  'clock-jump',
  'restart-all',
] as const;

export type FaultKind = (typeof faultKinds)[number];
export type Engine = 'rocksdb' | 'classic-level';
export type LoadKind = 'puts' | 'bundles' | 'blobs';

export interface Fault {
  readonly kind: FaultKind;
  /** from the first command on */
  readonly atMs: number;
  readonly forMs: number;
  readonly members: readonly number[];
  /** slow-disk: before each write; clock-jump: by how much; torn-journal: percent of the write that arrives */
  readonly amount: number;
  /** one-way: who does not hear the member; all others where absent */
  readonly deaf?: number;
  /** torn-journal: cut off from the others meanwhile, so that its clients are all that it could tell too early */
  readonly alone?: boolean;
}

export interface FollowerPlan {
  readonly engine: Engine;
  /** the validators that it is told of: f + 1 */
  readonly peers: readonly number[];
}

export interface Plan {
  readonly seed: number;
  /** of the validators */
  readonly engines: readonly Engine[];
  readonly follower: FollowerPlan | undefined;
  readonly chains: readonly ChainEntry[];
  readonly loads: readonly LoadKind[];
  readonly faults: readonly Fault[];
  /** of the load; the last fault is over by then */
  readonly forMs: number;
}

/** after a fault a member has so long to come back before it is struck again */
const restMs = 1_500;

/** @param most faults; fewer of the same, for a shorter run */
export function drawPlan(seed: number, most = Number.POSITIVE_INFINITY): Plan {
  const random = seededRandom(seed);
  const network = random.fork('network');
  const validators = network.pick([1, 4, 4, 7]);
  const follower = drawFollower(random.fork('follower'), validators);
  const faults = drawFaults(random.fork('faults'), validators, follower !== undefined).slice(0, most);
  const mixed = network.chance(0.3);
  const engine = (): Engine => network.pick(['rocksdb', 'classic-level']);
  const one = engine();
  const chains = drawChains(network);
  return {
    seed,
    engines: Array.from({ length: validators }, () => (mixed ? engine() : one)),
    follower,
    chains,
    loads: drawLoads(network, chains, faults),
    faults,
    forMs: Math.max(...faults.map(({ atMs, forMs }) => atMs + forMs)) + restMs,
  };
}

function drawFollower(random: Random, validators: number): FollowerPlan | undefined {
  if (!random.chance(0.5)) return undefined;
  const engine = random.pick<Engine>(['rocksdb', 'classic-level']);
  const known = quorumOf(validators).f + 1;
  return { engine, peers: random.shuffle([...Array(validators).keys()]).slice(0, known) };
}

/** Small segments, so that the journal goes from one to the next. */
function drawChains(random: Random): readonly ChainEntry[] {
  const [main, bench] = devnetChains as [ChainEntry, ChainEntry];
  const sharing: ChainEntry = { ...main, name: 'side' };
  const apart: ChainEntry = { ...sharing, shard: 'side' };
  const chains = random.pick([[main], [main, bench], [main, sharing], [main, apart]]);
  const segmentBytes = random.pick([4 * MiB, 16 * MiB]);
  return chains.map((chain) => ({ ...chain, segmentBytes }));
}

/** Whoever sends blobs cannot tell a lost one from one whose only copy was wiped, as blobs have no receipts. */
function drawLoads(random: Random, chains: readonly ChainEntry[], faults: readonly Fault[]): readonly LoadKind[] {
  const drawn = random.pick<readonly LoadKind[]>([['puts'], ['bundles'], ['puts', 'bundles']]);
  const blobs = chains.some(({ application }) => application === 'blob');
  return blobs && faults.every(({ kind }) => kind !== 'wiped-validator') ? [...drawn, 'blobs'] : drawn;
}

function drawFaults(random: Random, validators: number, followed: boolean): readonly Fault[] {
  const voters = [...Array(validators).keys()];
  const followers = followed ? [validators] : [];
  const all = [...voters, ...followers];
  const possible = faultKinds.filter((kind) => candidates(kind).length > 0);
  const freeFrom = all.map(() => 0);
  const faults: Fault[] = [];
  let atMs = 1_000;
  for (const kind of random.shuffle(possible).slice(0, 6 + random.below(3))) {
    const members = kind === 'restart-all' ? all : [random.pick(candidates(kind))];
    const start = Math.max(atMs, ...members.map((each) => freeFrom[each] as number));
    const fault = { kind, atMs: Math.round(start), members, ...drawCourse(random, kind, members, validators) };
    for (const each of members) freeFrom[each] = start + fault.forMs + restMs;
    faults.push(fault);
    atMs = start + random.between(200, 2_000);
  }
  return faults;

  /** Whom it may befall. Some need somebody to talk to; a follower takes commands however full its disk is. */
  function candidates(kind: FaultKind): readonly number[] {
    switch (kind) {
      case 'wiped-follower':
        return followers;
      case 'full-disk':
        return voters;
      case 'one-way':
      case 'wiped-validator':
        return validators > 1 ? voters : [];
      case 'disconnect':
        return validators > 1 ? all : followers;
      case 'restart-all':
        return validators > 1 ? all : [];
      default:
        return all;
    }
  }
}

function drawCourse(
  random: Random,
  kind: FaultKind,
  [member = 0]: readonly number[],
  validators: number,
): Pick<Fault, 'forMs' | 'amount' | 'deaf' | 'alone'> {
  const forMs = Math.round(random.between(500, 5_000));
  switch (kind) {
    case 'slow-disk':
      return { forMs, amount: random.pick([20, 100, 400]) };
    case 'clock-jump': {
      const jumpMs = random.pick([-1, 1]) * random.pick([500, 5_000, 60_000]);
      // one validator's clock is its chain's: when it was ahead, blocks wait until it has caught up with the last one (E4)
      return { forMs, amount: validators === 1 ? Math.min(jumpMs, 5_000) : jumpMs };
    }
    case 'torn-journal':
      // mostly little: what a group holds is often shorter than the sectors it is written in
      return { forMs, amount: Math.floor(100 * random.next() ** 3), alone: random.chance(0.5) };
    case 'one-way': {
      // longer than a link bears silence (net/limits.ts), or a stutter
      if (random.chance(0.5)) return { forMs: 7_000, amount: 0 };
      return { forMs, amount: 0, deaf: (member + 1 + random.below(validators - 1)) % validators };
    }
    default:
      return { forMs, amount: 0 };
  }
}
