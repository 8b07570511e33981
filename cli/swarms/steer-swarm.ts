// psky swarms cancel and retry: the agents of a home start as for psky run, go on with one instance, and end with it, or when
// nobody wants to wait any longer.

import { PskyError } from '../../lib/errors.ts';
import { type Book, descriptionHash, type HopEntry, hopOf, type Outcome } from '../../swarms/run/index.ts';
import { exitCode } from '../exit.ts';
import type { Call } from '../verb.ts';
import type { RuntimeName } from './agent-stores.ts';
import { openCluster } from './cluster-runtime.ts';
import { textOf, viewOf } from './instance-view.ts';
import { openLocalRuntime, settledOutcome } from './local-runtime.ts';
import { findInstance, swarmsFolder } from './read-swarms.ts';
import { loadRunFolder, type RunFolder } from './run-folder.ts';
import { hopLine } from './story-lines.ts';

/** @returns the exit code: 0 where it is over, however it ended */
export async function cancelSwarm(call: Call): Promise<number> {
  const { book, verified } = await steer(call, 'by psky swarms cancel');
  if (!verified) return exitCode.broken;
  return book.over ? exitCode.ok : exitCode.retry;
}

/** @returns the exit code: that of psky run where it is over */
export async function retrySwarm(call: Call): Promise<number> {
  const { book, verified } = await steer(call, undefined);
  if (!verified) return exitCode.broken;
  if (!book.over) return exitCode.retry;
  return book.life === 'completed' ? exitCode.ok : exitCode.error;
}

interface Steered {
  readonly book: Book;
  readonly verified: boolean;
}

/**
 * Says how it stands when it is over, or the time is. One that is not what was signed is left alone.
 * @param reason to cancel it; undefined: it goes on
 */
async function steer(call: Call, reason: string | undefined): Promise<Steered> {
  const [id, path] = [call.arg(0), call.arg(1)];
  const folder = swarmsFolder(call);
  const { found, read } = await findInstance(folder, id, call.text('runtime') as RuntimeName | undefined);
  const { fault, instance } = read.audit;
  if (fault === undefined && !instance.book.over) {
    const what = await loadRunFolder(path);
    if (what.program.hash !== descriptionHash(read.description))
      throw new PskyError('swarm-description-unknown', `'${id}' is an instance of ${read.description.name} as it was.`);
    const steering: Steering = { folder, path, what, id, reason, timeoutMs: call.number('timeout') };
    if (found.runtime === 'cluster') await steerInCluster(call, steering);
    else await steerHere(call, steering);
  }
  return tell(call, folder, id, found.runtime);
}

interface Steering {
  readonly folder: string;
  readonly path: string;
  readonly what: RunFolder;
  readonly id: string;
  readonly reason: string | undefined;
  readonly timeoutMs: number;
}

async function steerHere(call: Call, { folder, what, id, reason, timeoutMs }: Steering): Promise<void> {
  const onFatal = (cause: string): never => process.exit(call.out.failure(new PskyError('node-failed', cause)));
  const runtime = await openLocalRuntime({ folder, what, onHop: (_, hop) => told(call, hop), onFatal });
  try {
    const { node, bind } = runtime;
    const keeper = node.hosts.get(bind[what.start.role] ?? '');
    if (keeper === undefined) throw new PskyError('swarm-agent-unnamed', `'${what.start.role}'.`);
    if (reason !== undefined) keeper.cancel(id, reason);
    await within(timeoutMs, settledOutcome(keeper, id));
  } finally {
    await runtime.close();
  }
}

async function steerInCluster(call: Call, { folder, path, what, id, reason, timeoutMs }: Steering): Promise<void> {
  const cluster = await openCluster({ folder, path, what, onHop: (hop) => told(call, hop) });
  try {
    await within(timeoutMs, cluster.goOn(id, reason));
  } finally {
    await cluster.close();
  }
}

const told = (call: Call, hop: HopEntry): void => call.out.remark(hopLine(hopOf(hop)));

/** The outcome is read from the records; here it is only waited for. */
async function within(ms: number, outcome: Promise<Outcome>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function tell(call: Call, folder: string, id: string, runtime: RuntimeName): Promise<Steered> {
  const { found, read } = await findInstance(folder, id, runtime);
  const view = await viewOf(folder, found, read);
  call.out.result(view, textOf(view));
  return { book: read.audit.instance.book, verified: view.verified };
}
