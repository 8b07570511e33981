// One process per home. The lock names the process by pid and by the instant at which the kernel started it, so that a
// pid which was given to another program later does not keep the home locked.

import { closeSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PskyError } from '../../lib/errors.ts';

export interface LockHolder {
  readonly pid: number;
  readonly started: string;
}

/**
 * @returns releases the lock
 * @throws PskyError `home-in-use`
 */
export function lockHome(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const holder: LockHolder = { pid: process.pid, started: startOf(process.pid) ?? '' };
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify(holder));
  try {
    for (let attempt = 0; ; attempt++) {
      if (linked(own, path)) return () => release(path);
      const other = holderOf(path);
      if (other !== undefined || attempt === 3) throw new PskyError('home-in-use', `It has the pid ${other?.pid}.`);
      rmSync(path, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** @returns the living process that holds the lock */
export function holderOf(path: string): LockHolder | undefined {
  let holder: LockHolder;
  try {
    holder = JSON.parse(readFileSync(path, 'utf8')) as LockHolder;
  } catch {
    return undefined;
  }
  return startOf(holder.pid) === holder.started ? holder : undefined;
}

/** A link is made whole or not at all, so no reader sees half a lock. */
function linked(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function release(path: string): void {
  if (holderOf(path)?.pid === process.pid) rmSync(path, { force: true });
}

/** @returns undefined for a process that is not alive; a zombie is not */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return hasProc() ? undefined : aliveWithoutProc(pid);
  }
}

function hasProc(): boolean {
  try {
    closeSync(openSync('/proc/self/stat', 'r'));
    return true;
  } catch {
    return false;
  }
}

function aliveWithoutProc(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
    return 'unknown';
  } catch {
    return undefined;
  }
}
