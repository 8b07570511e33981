// Ends a devnet, also one whose supervisor is gone. Returns only when no process of it is left.

import { PskyError } from '../../lib/errors.ts';
import { connectAdmin } from '../../net/drivers/admin-client.ts';
import { exitCode } from '../exit.ts';
import type { DevnetHome } from '../home/home.ts';
import { holderOf } from '../home/lock.ts';
import { stopMs } from '../limits.ts';
import type { Output } from '../output.ts';

interface Holder {
  readonly lock: string;
  readonly pid: number;
}

export async function stopDevnet(out: Output, home: DevnetHome): Promise<number> {
  const locks = [home.supervisorFile, ...[...home.members.values()].map((member) => member.files.lock)];
  const holders = locks.flatMap((lock): Holder[] => {
    const pid = holderOf(lock)?.pid;
    return pid === undefined ? [] : [{ lock, pid }];
  });
  if (holders.length === 0) throw new PskyError('not-running', `${home.path}.`);
  await askToStop(home.path).catch(() => {
    for (const { pid } of holders) sendSignal(pid, 'SIGTERM');
  });
  const stubborn = await untilGone(holders, stopMs);
  for (const { pid } of stubborn) sendSignal(pid, 'SIGKILL');
  const remark = stubborn.length === 0 ? 'drained' : `drained; ${stubborn.length} processes had to be ended`;
  out.result({ stopped: true, forced: stubborn.length }, remark);
  return exitCode.ok;
}

async function askToStop(path: string): Promise<void> {
  const supervisor = await connectAdmin(path);
  await supervisor.call('stop').finally(() => supervisor.close());
}

/** @returns those that still live when the time is up */
export async function untilGone(holders: readonly Holder[], timeoutMs: number): Promise<readonly Holder[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const left = holders.filter(({ lock, pid }) => holderOf(lock)?.pid === pid || isAlive(pid));
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

/** The holder's own process; its pid cannot have been given away while we watched it every 50 ms. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export function sendSignal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // already gone
  }
}
