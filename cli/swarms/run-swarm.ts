// psky run: one instance of a process, from its start to its end.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PskyError } from '../../lib/errors.ts';
import { type HopEntry, hopOf, type Outcome, unrunnableRoles } from '../../swarms/run/index.ts';
import { exitCode } from '../exit.ts';
import { formatTable, type Output } from '../output.ts';
import type { Call } from '../verb.ts';
import { openCluster } from './cluster-runtime.ts';
import { keepDescription } from './descriptions.ts';
import { openLocalRuntime, settledOutcome } from './local-runtime.ts';
import { printable } from './printable.ts';
import { loadRunFolder, type RunFolder } from './run-folder.ts';
import { endLines, hopLine } from './story-lines.ts';

/** @returns the exit code */
export async function runSwarm(call: Call): Promise<number> {
  const what = await loadRunFolder(call.arg(0));
  const how: Running = {
    what,
    path: call.arg(0),
    input: inputOf(call, what),
    instance: call.text('instance'),
    folder: join(call.homePath, 'swarms'),
    onHop: (hop) => call.out.remark(hopLine(hopOf(hop))),
  };
  mkdirSync(how.folder, { recursive: true, mode: 0o700 });
  keepDescription(how.folder, what.checked);
  const inCluster = call.text('runtime') === 'cluster';
  return tell(call.out, inCluster ? await runInCluster(how) : await runHere(call, how));
}

interface Running {
  readonly what: RunFolder;
  readonly path: string;
  readonly input: unknown;
  readonly instance: string | undefined;
  readonly folder: string;
  readonly onHop: (hop: HopEntry) => void;
}

async function runHere(call: Call, { what, input, instance, folder, onHop }: Running): Promise<Outcome> {
  const runtime = await openLocalRuntime({
    ...{ folder, what },
    onHop: (_, hop) => onHop(hop),
    onFatal: (reason) => {
      // nothing may follow from what is not on the disk
      process.exit(call.out.failure(new PskyError('node-failed', reason)));
    },
  });
  try {
    const { node, bind } = runtime;
    const host = node.hosts.get(bind[what.start.role] ?? '');
    if (host === undefined) throw new PskyError('swarm-agent-unnamed', `'${what.start.role}'.`);
    const start = { program: what.program, bind, input, ...(instance === undefined ? {} : { instance }) };
    return await settledOutcome(host, await host.begin(start));
  } finally {
    await runtime.close();
  }
}

async function runInCluster({ what, path, input, instance, folder, onHop }: Running): Promise<Outcome> {
  const [unrunnable] = unrunnableRoles(what.program);
  if (unrunnable !== undefined) throw new PskyError('swarm-role-not-run', `'${unrunnable[0]}' is a ${unrunnable[1]}.`);
  const cluster = await openCluster({ folder, path, what, onHop });
  try {
    return await cluster.begin(input, instance);
  } finally {
    await cluster.close();
  }
}

/** What --input says, else run.ts. */
export function inputOf(call: Call, { start }: Pick<RunFolder, 'start'>): unknown {
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
  return [
    ...endLines(error === null ? `end: ${end}` : end, error, notUndone),
    ...(values.length === 0 ? [] : [formatTable(values)]),
  ].join('\n');
}
