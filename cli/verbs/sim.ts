// psky sim: a whole world from one seed, faults and all. The same seed gives the same bytes.

import { type Command, InvalidArgumentError } from 'commander';
import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { accelerateCrc32 } from '../../lib/crc32.ts';
import { accelerateSha256 } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { parseFaults, type SimChoices, type SimProgram, simPrograms, simulate } from '../../sim/index.ts';
import { nativeCrc32 } from '../../storage/drivers/native-crc32.ts';
import { exitCode } from '../exit.ts';
import { addVerb, type Call, type Finish, wholeNumber } from '../verb.ts';

export function addSim(program: Command, finish: Finish): void {
  addVerb(
    program,
    {
      words: 'sim',
      summary: 'run a world in virtual time from a seed, with faults, and check every invariant',
      home: 'none',
      options: [
        {
          flags: '--program <name>',
          about: 'counter is one durable actor on one machine',
          initial: 'validators',
          choices: simPrograms,
        },
        { flags: '--validators <n>', about: 'how many', initial: 4, parse: wholeNumber({ min: 1, max: 16 }) },
        {
          flags: '--seed <n>',
          about: 'decides everything that happens',
          initial: 1,
          parse: wholeNumber({ min: 0, max: 2 ** 32 - 1 }),
        },
        {
          flags: '--faults <kinds>',
          about: 'all, none, or kinds separated by commas',
          initial: 'all',
          parse: faultNames,
        },
        {
          flags: '--virtual-seconds <n>',
          about: 'how long faults fall',
          initial: 60,
          parse: wholeNumber({ min: 1, max: 86_400 }),
        },
        { flags: '--trace', about: 'print what happens to standard error' },
      ],
      run: (call) => Promise.resolve(run(call)),
    },
    finish,
  );
}

function run(call: Call): number {
  accelerateSha256(nativeSha256);
  if (nativeCrc32 !== undefined) accelerateCrc32(nativeCrc32);
  const virtualSeconds = call.number('virtualSeconds');
  const progress = call.out.progress('virtual seconds', virtualSeconds);
  const choices: SimChoices = {
    program: (call.text('program') ?? 'validators') as SimProgram,
    validators: call.number('validators'),
    suite: sodiumSuite,
    seed: call.number('seed'),
    faults: parseFaults(call.text('faults') ?? 'all') ?? [],
    virtualSeconds,
    progress: (second) => progress.report(second),
    ...(call.flag('trace') ? { log: (line: string) => process.stderr.write(`${line}\n`) } : {}),
  };
  const report = simulate(choices);
  progress.end();
  const [violation] = report.violations;
  const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
  const text =
    violation === undefined
      ? `ok: ${report.commits} commits, ${report.events} events, ${faults} faults; trace ${report.traceHash}`
      : `violated after ${(violation.atMs / 1000).toFixed(3)} s: ${violation.invariant}: ${violation.detail}\nreplay with: ${report.replay}`;
  const { violations, ...answer } = report;
  call.out.result(violation === undefined ? answer : { ...answer, violations }, text);
  return violation === undefined ? exitCode.ok : exitCode.broken;
}

function faultNames(text: string): string {
  if (parseFaults(text) === undefined)
    throw new InvalidArgumentError('Expected all, none, or kinds such as crash,partition.');
  return text;
}
