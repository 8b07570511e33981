// A choreography under seeds: the folder that psky run takes, in virtual time, with what a search finds and where it has been.

import { type Coverage, neverReached } from '../../testing/coverage.ts';
import { type Exploration, search } from '../../testing/explore.ts';
import { type FaultName, faultNames } from '../../testing/faults.ts';
import { exitCode } from '../exit.ts';
import type { Call } from '../verb.ts';
import { openRunFolder } from './run-folder.ts';
import { inputOf } from './run-swarm.ts';
import type { Tested } from './test-paths.ts';

export async function testSwarm(
  call: Call,
  path: string,
  { faults }: { readonly faults: readonly FaultName[] },
): Promise<Tested> {
  const folder = await openRunFolder(path);
  const only = call.options['seed'];
  const seeds = only === undefined ? call.number('seeds') : 1;
  const seed = only === undefined ? 1 : call.number('seed');
  const progress = call.out.progress(`seeds of ${path}`, seeds);
  try {
    const input = inputOf(call, await folder.load());
    const bring = async () => {
      const { program, implementations: agents, intercept } = await folder.load();
      return { program, agents, intercept };
    };
    const found = await search(bring, { input, seed, seeds, faults, progress: (done) => progress.report(done) });
    return tested(path, found, (failed) => replayOf(call, path, faults, failed));
  } finally {
    progress.end();
    folder.close();
  }
}

function replayOf(call: Call, path: string, faults: readonly FaultName[], seed: number): string {
  const named = faults.length === faultNames.length ? 'all' : faults.length === 0 ? 'none' : faults.join();
  const input = call.text('input');
  const given = input === undefined ? '' : ` --input '${input.replaceAll("'", "'\\''")}'`;
  return `psky test ${path} --seed ${seed} --faults ${named}${given}`;
}

function tested(path: string, found: Exploration, replay: (seed: number) => string): Tested {
  const never = neverReached(found.coverage);
  const violations = found.violations.map((each) => ({ ...each, replay: replay(each.seed) }));
  return {
    answer: { path, ...found, violations, never },
    text: textOf(path, found, never, violations),
    code: violations.length === 0 ? exitCode.ok : exitCode.error,
  };
}

function textOf(
  path: string,
  { seeds, instances, failed: errors, faults, coverage }: Exploration,
  never: ReturnType<typeof neverReached>,
  violations: readonly {
    readonly seed: number;
    readonly invariant: string;
    readonly detail: string;
    readonly replay: string;
  }[],
): string {
  const fell = faultNames.filter((name) => faults[name] > 0).map((name) => `${name} ${faults[name]}`);
  const failed = violations.length === 0 ? 'nothing is wrong' : `${violations.length} failed`;
  return [
    `${path}: ${plural(seeds, 'seed')}, ${plural(instances, 'instance')}: ${failed}`,
    ...(errors === 0 ? [] : [`  instances that ended in an error, as they may: ${errors}`]),
    ...(fell.length === 0 ? [] : [`  faults: ${fell.join(', ')}`]),
    ...(['phases', 'successors', 'ends'] as const).flatMap((kind) => reachedLines(kind, coverage, never[kind])),
    ...violations.flatMap(({ seed, invariant, detail, replay }) => [
      `  seed ${seed}: ${invariant}: ${detail}`,
      `    replay with: ${replay}`,
    ]),
  ].join('\n');
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function reachedLines(kind: keyof Coverage, coverage: Coverage, never: readonly string[]): readonly string[] {
  const all = Object.entries(coverage[kind]);
  const reached = all.filter(([, seeds]) => seeds > 0).map(([name, seeds]) => `${name} (${seeds})`);
  return [
    `  ${kind}: ${all.length - never.length} of ${all.length} reached (in so many seeds): ${reached.join(', ')}`,
    ...(never.length === 0 ? [] : [`    never: ${never.join(', ')}`]),
  ];
}
