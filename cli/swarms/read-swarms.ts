// psky swarms list and show: what lies in a home, without the program and without its agents.

import { join } from 'node:path';
import { PskyError } from '../../lib/errors.ts';
import { isoTime } from '../../lib/iso-time.ts';
import type { Life } from '../../swarms/run/index.ts';
import { exitCode } from '../exit.ts';
import { formatTable } from '../output.ts';
import type { Call } from '../verb.ts';
import { type AgentStores, openAgentStores, type RuntimeName } from './agent-stores.ts';
import { textOf, viewOf, waitedFor } from './instance-view.ts';
import { type Found, foundInstances, placesOf, type Read, readInstance } from './stored-instances.ts';

export const swarmsFolder = (call: Call): string => join(call.homePath, 'swarms');

async function withStores<T>(folder: string, use: (stores: AgentStores) => Promise<T>): Promise<T> {
  const stores = await openAgentStores(folder);
  try {
    return await use(stores);
  } finally {
    await stores.close();
  }
}

/**
 * @param folder `swarms` in the home
 * @param runtime where it ran; undefined: in either
 * @throws PskyError `swarm-instance-unknown`; `home-in-use` where it may be in a store that another process has open;
 * `bad-usage` where the id is in both runtimes and none is said
 */
export function findInstance(
  folder: string,
  id: string,
  runtime: RuntimeName | undefined,
): Promise<{ readonly found: Found; readonly read: Read }> {
  return withStores(folder, async ({ stores, inUse }) => {
    const isMeant = (each: { readonly runtime: RuntimeName }): boolean =>
      runtime === undefined || each.runtime === runtime;
    const [found, other] = (await placesOf(stores, id)).filter(isMeant);
    if (other !== undefined)
      throw new PskyError('bad-usage', `'${id}' is in both runtimes: say which with --runtime local or cluster.`);
    if (found !== undefined) return { found, read: await readInstance(folder, found) };
    const open = inUse.filter(isMeant).map(({ directory }) => directory);
    if (open.length > 0)
      throw new PskyError('home-in-use', `'${id}' may be in ${open.join(', ')}: try again when its psky has ended.`);
    throw new PskyError('swarm-instance-unknown', `'${id}'.`);
  });
}

/** @returns the exit code */
export async function showSwarm(call: Call): Promise<number> {
  const folder = swarmsFolder(call);
  const { found, read } = await findInstance(folder, call.arg(0), call.text('runtime') as RuntimeName | undefined);
  const view = await viewOf(folder, found, read);
  call.out.result(view, textOf(view));
  return view.verified ? exitCode.ok : exitCode.broken;
}

/** @returns the exit code */
export async function listSwarms(call: Call): Promise<number> {
  const folder = swarmsFolder(call);
  return withStores(folder, async ({ stores, inUse }) => {
    const all = await foundInstances(stores);
    const shown = all.slice(0, call.number('limit'));
    const rows: Row[] = [];
    for (const found of shown) rows.push(await rowOf(folder, found));
    const more = all.length - rows.length;
    const open = inUse.map(({ directory }) => directory);
    call.out.result({ instances: rows, more, inUse: open }, rows.length === 0 ? 'no instances' : tableOf(rows));
    if (more > 0) call.out.remark(`and ${more} older; --limit shows more`);
    for (const directory of open) call.out.remark(`${directory} is in use and was not read`);
    return rows.every(({ verified }) => verified) ? exitCode.ok : exitCode.broken;
  });
}

interface Row {
  readonly instance: string;
  readonly runtime: RuntimeName;
  /** null where it cannot be read; then `error` is the code of why */
  readonly name: string | null;
  readonly life: Life | null;
  readonly error?: string;
  readonly waitsFor: readonly string[];
  readonly startedAt: string;
  readonly lastHopAt: string | null;
  readonly verified: boolean;
}

async function rowOf(folder: string, found: Found): Promise<Row> {
  const { id: instance, runtime, startedMs } = found;
  const known = { instance, runtime, startedAt: isoTime(startedMs) };
  try {
    const { description, audit } = await readInstance(folder, found);
    const { book } = audit.instance;
    const last = book.hops.at(-1);
    return {
      ...known,
      ...{ name: description.name, life: book.life },
      waitsFor: waitedFor(audit).map(({ phase }) => phase),
      lastHopAt: last === undefined ? null : isoTime(last.atMs),
      verified: audit.fault === undefined,
    };
  } catch (error) {
    if (!(error instanceof PskyError)) throw error;
    const { code } = error.toJSON();
    return { ...known, name: null, life: null, error: code, waitsFor: [], lastHopAt: null, verified: false };
  }
}

function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    ...[row.instance, row.name ?? '?', row.runtime],
    row.verified ? (row.life ?? '') : `${row.error ?? row.life}, NOT VERIFIED`,
    row.waitsFor.join(', '),
    ...[row.startedAt, row.lastHopAt ?? ''],
  ]);
  return formatTable([['instance', 'process', 'runtime', 'life', 'waits for', 'started', 'last hop'], ...cells]);
}
