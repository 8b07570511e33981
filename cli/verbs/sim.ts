// psky sim: a whole world from one seed, faults and all. The same seed gives the same bytes.

import { type Command, InvalidArgumentError } from 'commander';
import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { accelerateCrc32 } from '../../lib/crc32.ts';
import { accelerateSha256 } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import {
  faultNames,
  parseFaults,
  type SimChoices,
  type SimProgram,
  type SwarmSimReport,
  simPrograms,
  simulate,
  simulateSwarm,
} from '../../sim/index.ts';
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
        { flags: '--workload <file>', about: 'a choreography, as psky run takes it, in place of a program' },
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
          parse: faultList,
        },
        {
          flags: '--virtual-seconds <n>',
          about: 'how long faults fall',
          initial: 60,
          parse: wholeNumber({ min: 1, max: 86_400 }),
        },
        { flags: '--trace', about: 'print what happens to standard error' },
      ],
      run,
    },
    finish,
  );
}

async function run(call: Call): Promise<number> {
  accelerateSha256(nativeSha256);
  if (nativeCrc32 !== undefined) accelerateCrc32(nativeCrc32);
  const virtualSeconds = call.number('virtualSeconds');
  const progress = call.out.progress('virtual seconds', virtualSeconds);
  const choices = {
    suite: sodiumSuite,
    seed: call.number('seed'),
    faults: parseFaults(call.text('faults') ?? 'all') ?? [],
    virtualSeconds,
    progress: (second: number) => progress.report(second),
    ...(call.flag('trace') ? { log: (line: string) => process.stderr.write(`${line}\n`) } : {}),
  };
  const workload = call.text('workload');
  const report = workload === undefined ? runProgram(call, choices) : await runWorkload(workload, choices);
  progress.end();
  return tell(call, report);
}

type Choices = Omit<SimChoices, 'program' | 'validators'>;
type Report = ReturnType<typeof simulate> & Partial<SwarmSimReport>;

function runProgram(call: Call, choices: Choices): Report {
  const program = (call.text('program') ?? 'validators') as SimProgram;
  return simulate({ ...choices, program, validators: call.number('validators') });
}

async function runWorkload(workload: string, choices: Choices): Promise<Report> {
  const { loadRunFolder } = await import('../swarms/run-folder.ts');
  const { program, implementations, intercept, start } = await loadRunFolder(workload);
  const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
  const report = await simulateSwarm({ ...choices, program, implementations, intercept, input: start.input, drain });
  const { seed, faults, virtualSeconds } = choices;
  const named = faultNames(faults);
  const replay = `psky sim --seed ${seed} --workload ${workload} --faults ${named} --virtual-seconds ${virtualSeconds}`;
  return { ...report, replay };
}

function tell(call: Call, report: Report): number {
  const [violation] = report.violations;
  const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
  const instances = report.instances === undefined ? '' : `${report.instances} instances, `;
  const text =
    violation === undefined
      ? `ok: ${instances}${report.commits} commits, ${report.events} events, ${faults} faults; trace ${report.traceHash}`
      : `violated after ${(violation.atMs / 1000).toFixed(3)} s: ${violation.invariant}: ${violation.detail}\nreplay with: ${report.replay}`;
  const { violations, ...answer } = report;
  call.out.result(violation === undefined ? answer : { ...answer, violations }, text);
  return violation === undefined ? exitCode.ok : exitCode.broken;
}

function faultList(text: string): string {
  if (parseFaults(text) === undefined)
    throw new InvalidArgumentError('Expected all, none, or kinds such as crash,partition.');
  return text;
}
