// Two commits side by side: each is checked out and built in a folder of its own, and their benchmarks run in turn, so
// that a machine that drifts drifts for both. Told is the median of the ratios B ÷ A of neighbouring runs, and their
// spread. One commit against itself shows what chance alone does.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatTable } from '../cli/output.ts';
import { calibrate, conditions } from './conditions/index.ts';
import { type Spread, spreadOf } from './load/spread.ts';
import type { Figure } from './support/figures.ts';
import { keep, runBench } from './support/runner.ts';

export interface Comparison {
  /** two commits, as git names them */
  readonly a: string;
  readonly b: string;
  /** micro/hash, … */
  readonly names: readonly string[];
  /** how often each of them runs */
  readonly rounds: number;
}

export type Verdict = 'better' | 'worse' | 'not told apart';

export interface Ratio {
  readonly name: string;
  readonly unit: string;
  readonly a: number;
  readonly b: number;
  readonly ratio: Spread;
  readonly verdict: Verdict;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

export async function compare({ a, b, names, rounds }: Comparison): Promise<void> {
  const commits = [a, b].map((each) => git('rev-parse', '--verify', `${each}^{commit}`)) as [string, string];
  const folder = mkdtempSync(join(tmpdir(), 'psky-compare-'));
  const places = ['a', 'b'].map((each) => join(folder, each)) as [string, string];
  const clear = (): void => remove(folder, places);
  process.once('exit', clear);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  for (const [i, place] of places.entries()) checkOut(commits[i] as string, place);
  const before = calibrate(tmpdir());
  const ratios: (Ratio & { readonly bench: string })[] = [];
  for (const name of names) {
    const absent = places.findIndex((place) => !existsSync(join(place, 'dist', 'bench', `${name}.js`)));
    if (absent >= 0) {
      console.log(`${name}: not in ${[a, b][absent]}`);
      continue;
    }
    const found = ratiosOf(await inTurn(places, name, rounds));
    console.log(`${name}\n${ratioTable(found)}\n`);
    ratios.push(...found.map((each) => ({ bench: name, ...each })));
  }
  const calibration = { before, after: calibrate(tmpdir()) };
  const { machine } = conditions();
  console.log(`→ ${keep('compare', { a: commits[0], b: commits[1], rounds, machine, calibration, ratios })}`);
}

/** Runs a, b, b, a, a, b …: neither is always the first of its pair. */
async function inTurn(
  places: readonly [string, string],
  name: string,
  rounds: number,
): Promise<[Figure[], Figure[]][]> {
  const pairs: [Figure[], Figure[]][] = [];
  for (let round = 0; round < rounds; round++) {
    const pair: [Figure[], Figure[]] = [[], []];
    for (const side of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      pair[side] = await runBench(join(places[side], 'dist', 'bench', `${name}.js`), [], places[side]);
    }
    pairs.push(pair);
  }
  return pairs;
}

/** Of the figures that both commits tell in every run. */
export function ratiosOf(pairs: readonly (readonly [readonly Figure[], readonly Figure[]])[]): Ratio[] {
  return (pairs[0]?.[0] ?? []).flatMap(({ name, unit }) => {
    const medians = pairs.map((pair) => pair.map((side) => side.find((each) => each.name === name)?.median));
    if (medians.flat().some((median) => median === undefined || median === 0)) return [];
    const [as, bs] = [0, 1].map((side) => medians.map((pair) => pair[side] as number)) as [number[], number[]];
    const ratio = spreadOf(bs.map((value, i) => value / (as[i] as number)));
    const verdict = verdictOf(ratio, pairs.length, unit);
    return [{ name, unit, a: spreadOf(as).median, b: spreadOf(bs).median, ratio, verdict }];
  });
}

/** Equal commits lie on one side in all of five runs once in sixteen times; fewer runs say nothing. */
const runsForVerdict = 5;
/** Memory that happens to lie otherwise makes a difference of this size between two builds of the same code. */
const smallest = 0.03;

function verdictOf({ median, min, max }: Spread, runs: number, unit: string): Verdict {
  const oneSided = min > 1 || max < 1;
  if (runs < runsForVerdict || !oneSided || Math.abs(median - 1) < smallest) return 'not told apart';
  return median < 1 === unit.endsWith('/s') ? 'worse' : 'better';
}

function ratioTable(ratios: readonly Ratio[]): string {
  const short = (value: number): string => String(Number(value.toPrecision(3)));
  const rows = ratios.map(({ name, unit, a, b, ratio, verdict }) => [
    ...[name, short(a), short(b), unit, `× ${short(ratio.median)}`, `${short(ratio.min)} to ${short(ratio.max)}`],
    verdict,
  ]);
  return formatTable([['', 'A', 'B', '', 'B ÷ A', 'spread', ''], ...rows]);
}

function checkOut(commit: string, place: string): void {
  git('worktree', 'add', '--detach', place, commit);
  const lockfile = (folder: string): string => readFileSync(join(folder, 'package-lock.json'), 'utf8');
  // with other packages than ours, the build installs them
  if (lockfile(place) === lockfile(root)) symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
  execFileSync(process.execPath, [join(place, 'scripts', 'prepare.mjs')], { cwd: place, stdio: ['ignore', 2, 2] });
}

function remove(folder: string, places: readonly string[]): void {
  for (const place of places) {
    if (!existsSync(place)) continue;
    rmSync(join(place, 'node_modules'), { recursive: true, force: true }); // the link, where it is one
    git('worktree', 'remove', '--force', place);
  }
  rmSync(folder, { recursive: true, force: true });
}

function git(...words: readonly string[]): string {
  return execFileSync('git', ['-C', root, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}
