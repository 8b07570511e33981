// psky test: each path in its turn, a choreography under seeds or a file of tests, and what came of all.

import { PskyError } from '../../lib/errors.ts';
import { type FaultName, parseFaultNames } from '../../testing/faults.ts';
import { exitCode } from '../exit.ts';
import type { Call } from '../verb.ts';
import { isTestFile, runTestFile } from './test-file.ts';
import { testSwarm } from './test-swarm.ts';

/** What a path came to: for programs, for people, and for the shell. */
export interface Tested {
  readonly answer: object;
  /** empty where it has printed itself */
  readonly text: string;
  readonly code: number;
}

/** @returns the exit code: the first that is not 0 */
export async function testPaths(call: Call): Promise<number> {
  const faults = faultsOf(call);
  const tested: Tested[] = [];
  for (const path of call.args) {
    tested.push(isTestFile(path) ? await runTestFile(call, path) : await testSwarm(call, path, { faults }));
  }
  const texts = tested.map(({ text }) => text).filter((text) => text !== '');
  if (call.out.json || texts.length > 0)
    call.out.result({ tests: tested.map(({ answer }) => answer) }, texts.join('\n\n'));
  return tested.find(({ code }) => code !== exitCode.ok)?.code ?? exitCode.ok;
}

function faultsOf(call: Call): readonly FaultName[] {
  const faults = parseFaultNames(call.text('faults') ?? 'all');
  if (faults !== undefined) return faults;
  throw new PskyError('bad-usage', 'Expected --faults all, none, or kinds such as lost,deaths.');
}
