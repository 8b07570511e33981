// psky run: one instance of a process, from its start to its end.

import { join } from 'node:path';
import type { Command } from 'commander';
import { PskyError } from '../../lib/errors.ts';
import { hopOf, type Outcome } from '../../swarms/run/index.ts';
import { exitCode } from '../exit.ts';
import { formatTable, type Output } from '../output.ts';
import { printable } from '../swarms/printable.ts';
import type { RunFolder } from '../swarms/run-folder.ts';
import { addVerb, type Call, type Finish } from '../verb.ts';

/** how long parties are waited for that are to learn how it ended */
const settleMs = 2_000;

export function addRun(program: Command, finish: Finish): void {
  addVerb(
    program,
    {
      words: 'run <file>',
      summary: 'run a choreography from its start to its end',
      options: [
        { flags: '--runtime <name>', about: 'local: all agents in this process', initial: 'local', choices: ['local'] },
        { flags: '--input <json>', about: 'in place of the input in run.ts' },
        { flags: '--instance <id>', about: 'an id of your own; goes on with the instance that has it' },
      ],
      run,
    },
    finish,
  );
}

async function run(call: Call): Promise<number> {
  const { loadRunFolder } = await import('../swarms/run-folder.ts');
  const what = await loadRunFolder(call.arg(0));
  const input = inputOf(call, what);
  const { openLocalRuntime } = await import('../swarms/local-runtime.ts');
  const runtime = await openLocalRuntime({
    folder: join(call.homePath, 'swarms'),
    what,
    onHop: (_, hop) => call.out.remark(hopLine(hopOf(hop))),
    onFatal: (reason) => {
      // nothing may follow from what is not on the disk
      process.exit(call.out.failure(new PskyError('node-failed', reason)));
    },
  });
  try {
    const host = runtime.network.hosts.get(runtime.bind[what.start.role] ?? '');
    if (host === undefined) throw new PskyError('swarm-agent-unnamed', `'${what.start.role}'.`);
    const instance = call.text('instance');
    const { program } = what;
    const { bind } = runtime;
    const id = await host.begin({ program, bind, input, ...(instance === undefined ? {} : { instance }) });
    const settled = host.settled(id);
    const outcome = await host.outcome(id);
    // who cannot be told now is told at the next start
    await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, settleMs))]);
    return tell(call.out, outcome);
  } finally {
    await runtime.close();
  }
}

function inputOf(call: Call, { start }: RunFolder): unknown {
  const text = call.text('input');
  if (text === undefined) return start.input;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PskyError('bad-usage', `--input is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function tell(out: Output, { life, instance, end, error, state, hops, notUndone, trace }: Outcome): number {
  const answer = {
    ...{ instance, end },
    ...(error === null ? {} : { error }),
    state: printable(state),
    hops,
    ...(notUndone.length === 0 ? {} : { notUndone }),
    trace,
  };
  out.result(answer, textOf({ end, error, state, notUndone }));
  return life === 'completed' ? exitCode.ok : exitCode.error;
}

function textOf({ end, error, state, notUndone }: Pick<Outcome, 'end' | 'error' | 'state' | 'notUndone'>): string {
  const values = Object.entries(state).map(([name, value]) => [name, JSON.stringify(printable(value)) ?? 'undefined']);
  const where = error === null ? '' : [error.phase, error.role].filter((each) => each !== null).join(' at ');
  return [
    error === null ? `end: ${end}` : `${end}: ${error.code} ${error.name}${where === '' ? '' : ` in ${where}`}`,
    ...(error?.cause ? [`  ${error.cause}`] : []),
    ...notUndone.map(({ phase, role, code }) => `not undone: ${phase} at ${role}, ${code}`),
    ...(values.length === 0 ? [] : [formatTable(values)]),
  ].join('\n');
}

const hopLine = ({ at, phase, role, fault }: ReturnType<typeof hopOf>): string =>
  `${at.slice(11, 23)}  ${phase} at ${role}${fault === undefined ? '' : `: ${fault}`}`;
