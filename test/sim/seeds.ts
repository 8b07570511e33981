// Whole validators under all faults from a range of seeds, each run checked for every invariant of CONSENSUS §12.

import type { Test } from 'tap';
import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { accelerateSha256 } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { parseFaults, simulate } from '../../sim/index.ts';

const virtualSeconds = 10;

/** Mostly networks of four; some of seven and of one. */
const validatorsOf = (seed: number): number => (seed % 20 === 7 ? 7 : seed % 20 === 13 ? 1 : 4);

export function runSeeds(t: Test, first: number, count: number): void {
  t.setTimeout(0); // the runner's budget for the file decides
  accelerateSha256(nativeSha256);
  const faults = parseFaults('all') ?? [];
  let commits = 0;
  for (let seed = first; seed < first + count; seed++) {
    const report = simulate({
      program: 'validators',
      validators: validatorsOf(seed),
      seed,
      faults,
      virtualSeconds,
      suite: sodiumSuite,
    });
    commits += report.commits;
    t.equal(report.verdict, 'ok', `${report.replay}\n${JSON.stringify(report.violations)}`);
  }
  t.comment(`seeds ${first} to ${first + count - 1}: ${commits} heights committed`);
}
