// A search through seeds: each draws which faults fall, runs a few instances among them in virtual time, and looks at what is
// left. What a seed finds is found again by the same seed.

import { type Bytes, fromUtf8, toHex } from '../lib/bytes.ts';
import { PskyError } from '../lib/errors.ts';
import { seededRandom } from '../lib/random.ts';
import { type Ms, milliseconds, minutes } from '../lib/units.ts';
import { countingEffects } from '../sim/index.ts';
import type { Choreography } from '../swarms/index.ts';
import {
  type Implementation,
  type Interceptor,
  type Program,
  programOf,
  unrunnableRoles,
} from '../swarms/run/index.ts';
import { type Coverage, Reached } from './coverage.ts';
import { type FaultCounts, type FaultName, type Faults, faultNames, noFaults } from './faults.ts';
import { type Breach, examine } from './invariants.ts';
import { instancesPerSeed, keptWireBytes, maxSeeds, startWithinMs } from './limits.ts';
import { Network, type Onlooker } from './network.ts';
import { Secrets } from './secrets.ts';

export interface Brought {
  readonly program: Program;
  readonly agents: Readonly<Record<string, Implementation>>;
  readonly intercept: readonly Interceptor[];
}

/** Each seed begins anew, where it can: applications keep things in memory. */
export type Bring = () => Promise<Brought>;

export interface SearchOptions {
  readonly input: unknown;
  /** the first one, and how many follow each other */
  readonly seed: number;
  readonly seeds: number;
  readonly faults: readonly FaultName[];
  /** called after each seed */
  readonly progress?: (done: number) => void;
}

export interface Exploration {
  readonly seeds: number;
  readonly instances: number;
  /** instances that ended in an error, as they may: by a party that threw or was silent where nothing was to follow */
  readonly failed: number;
  /** how often each fault fell */
  readonly faults: FaultCounts;
  readonly coverage: Coverage;
  /** of each seed that fails, the first one */
  readonly violations: readonly (Breach & { readonly seed: number })[];
}

/** Those that a seed draws fall so often. Half of the kinds in each: some seeds see a process that only dies. */
const shares: Required<Faults> = { lost: 0.2, twice: 0.2, late: 0.1, deaths: 0.03, throws: 0.15, silent: 0.15 };
/** messages go on after the outcome: longer than the longest pause between two tries, often over */
const afterwards: Ms = minutes(60);

export interface ExploreOptions<Input> extends Partial<Omit<SearchOptions, 'input'>> {
  /** role → what its application brings, as in run.ts */
  readonly agents?: Readonly<Record<string, Implementation>>;
  /** what looks at the phases, as in run.ts */
  readonly intercept?: readonly Interceptor[];
  readonly input: Input;
}

/** Runs a process under many seeds: 20 from 1 on, with all faults, where nothing else is said. */
export async function explore<Input>(
  choreography: Choreography<Input>,
  { agents = {}, intercept = [], input, seed = 1, seeds = 20, faults = faultNames, progress }: ExploreOptions<Input>,
): Promise<Exploration> {
  const program = programOf(choreography as Choreography);
  const options = { input, seed, seeds, faults, ...(progress === undefined ? {} : { progress }) };
  return search(async () => ({ program, agents, intercept }), options);
}

export async function search(bring: Bring, options: SearchOptions): Promise<Exploration> {
  const { seeds, seed: first, progress } = options;
  if (!(seeds >= 1 && seeds <= maxSeeds)) throw new PskyError('bad-usage', `1 to ${maxSeeds} seeds are searched.`);
  const faults = noFaults();
  const violations: (Breach & { seed: number })[] = [];
  let reached: Reached | undefined;
  let failed = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const brought = await bring();
    reached ??= new Reached(brought.program);
    const tried = await trySeed(brought, seed, options);
    reached.seed(tried.journeys);
    failed += tried.journeys.filter((each) => each.failed).length;
    for (const name of faultNames) faults[name] += tried.faults[name];
    const [breach] = tried.breaches;
    if (breach !== undefined) violations.push({ seed, ...breach });
    progress?.(seed - first + 1);
  }
  const coverage = reached?.coverage ?? { phases: {}, successors: {}, ends: {} };
  return { seeds, instances: seeds * instancesPerSeed, failed, faults, coverage, violations };
}

async function trySeed({ program, agents, intercept }: Brought, seed: number, { faults, input }: SearchOptions) {
  const [unrunnable] = unrunnableRoles(program);
  if (unrunnable !== undefined) throw new PskyError('swarm-role-not-run', `'${unrunnable[0]}' is a ${unrunnable[1]}.`);
  const random = seededRandom(seed).fork('search');
  const drawn = Object.fromEntries(faults.filter(() => random.chance(0.5)).map((name) => [name, shares[name]]));
  const counted = Object.keys(program.description.roles).map((role) => [role, countingEffects(agents[role])] as const);
  const watch = new Watch(program);
  const options = { agents: Object.fromEntries(counted), intercept, seed, faults: drawn };
  const network = await Network.open(program, options, watch);
  watch.secrets.input(input);
  const ids: string[] = [];
  try {
    for (let n = 0; n < instancesPerSeed; n++) {
      ids.push(await network.start(input));
      await network.advance(milliseconds(random.below(startWithinMs / instancesPerSeed)));
    }
    for (const id of ids) await network.outcome(id);
    await network.advance(afterwards);
  } catch (error) {
    if (!(error instanceof PskyError) || !endless.has(error.row.name)) throw error;
    const breach = { invariant: 'the starter is told', detail: error.message };
    return { journeys: [], breaches: [breach], faults: network.faults };
  }
  const { journeys, breaches } = examine(network, ids);
  const leaks = watch.leaks(network);
  return { journeys, breaches: [...breaches, ...leaks], faults: network.faults };
}

/** no outcome in a year, or a bug past every supervision */
const endless: ReadonlySet<string> = new Set(['swarm-instance-unknown', 'internal']);

const kept = toHex(fromUtf8('k/'));

/** Keeps what was sent, and which values were sealed. */
class Watch implements Onlooker {
  readonly secrets: Secrets;
  readonly #wire: Bytes[] = [];
  #bytes = 0;

  constructor({ description }: Program) {
    this.secrets = new Secrets(description);
  }

  sent(bytes: Bytes): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= keptWireBytes) this.#wire.push(bytes);
  }

  ran({ input, state }: Parameters<Onlooker['ran']>[0]): void {
    this.secrets.input(input);
    this.secrets.state(state);
  }

  leaks(network: Network): readonly Breach[] {
    // what an agent keeps beside its instances is its own business
    const stored = network.roles.flatMap((role) =>
      [...network.rows(role)].filter(([key]) => !key.startsWith(kept)).map(([, value]) => value),
    );
    const places = [['wire', this.#wire] as const, ['disk', stored] as const];
    return places.flatMap(([where, held]) => {
      const leaked = this.secrets.leaksIn(held);
      return leaked === 0
        ? []
        : [{ invariant: 'nothing sealed leaks', detail: `${leaked} sealed values are in clear on a ${where}` }];
    });
  }
}
