// Which members of a home run, and where they listen: run/node.json is written by a node once it listens and counts only
// while the process that holds the home's lock lives.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { PskyError } from '../lib/errors.ts';
import type { NodeHome } from './home/home.ts';
import { holderOf } from './home/lock.ts';

export interface RunningInfo {
  readonly name: string;
  readonly pid: number;
  readonly nodeId: string;
  /** http://127.0.0.1:27651 */
  readonly rpc: string;
  /** http://127.0.0.1:27652/metrics */
  readonly metrics: string;
  /** wss://<node id>@127.0.0.1:27650, ws:// without TLS */
  readonly peer: string;
}

export function writeRunning(home: NodeHome, info: RunningInfo): void {
  mkdirSync(home.files.run, { recursive: true, mode: 0o700 });
  const building = `${home.files.running}.${process.pid}`;
  writeFileSync(building, `${JSON.stringify(info)}\n`, { mode: 0o600 });
  renameSync(building, home.files.running);
}

export function removeRunning(home: NodeHome): void {
  rmSync(home.files.running, { force: true });
}

/** @returns undefined for a node that does not run or does not listen yet */
export function runningInfo(home: NodeHome): RunningInfo | undefined {
  const holder = holderOf(home.files.lock);
  if (holder === undefined) return undefined;
  try {
    const info = JSON.parse(readFileSync(home.files.running, 'utf8')) as RunningInfo;
    return info.pid === holder.pid ? info : undefined;
  } catch {
    return undefined;
  }
}

export interface LiveMember {
  readonly name: string;
  readonly home: NodeHome;
  readonly info: RunningInfo;
}

/** The members that run, in the order given: at least one. @throws PskyError `not-running` when none does */
export function liveMembers(members: ReadonlyMap<string, NodeHome>): readonly [LiveMember, ...LiveMember[]] {
  const [first, ...others] = [...members].flatMap(([name, home]) => {
    const info = runningInfo(home);
    return info === undefined ? [] : [{ name, home, info }];
  });
  if (first === undefined) throw new PskyError('not-running', `Members: ${[...members.keys()].join(', ')}.`);
  return [first, ...others];
}
