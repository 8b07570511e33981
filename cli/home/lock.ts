// One process per home. The lock names the process by pid and by the instant at which the kernel started it, so that a
// pid which was given to another program later does not keep the home locked. The lock of a dead process is replaced,
// never removed: what stands there is at no instant missing, so that nobody takes it in between.

import { createHash } from 'node:crypto';
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PskyError } from '../../lib/errors.ts';
import { maxLockAttempts } from '../limits.ts';

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
  const own = `${path}.${process.pid}`;
  take(path, own);
  return () => release(path);
}

/** @returns the living process that holds the lock */
export function holderOf(path: string): LockHolder | undefined {
  const text = textOf(path);
  return text === undefined ? undefined : livingHolder(text);
}

/** @param own a name beside the lock that only this process uses */
function take(path: string, own: string): void {
  for (let attempt = 0; attempt < maxLockAttempts; attempt++) {
    writeFileSync(own, JSON.stringify({ pid: process.pid, started: startOf(process.pid) ?? '' }));
    try {
      if (linked(own, path)) return;
      const text = textOf(path);
      if (text === undefined) continue; // released meanwhile
      const other = livingHolder(text);
      if (other !== undefined) throw new PskyError('home-in-use', `It has the pid ${other.pid}.`);
      if (inherited(path, own, text)) return;
    } finally {
      rmSync(own, { force: true });
    }
  }
  throw new PskyError('home-in-use', 'Others take and leave it all the time.');
}

/**
 * Replaces the lock that a dead process left. Of several that found it, the one may that holds a lock named after it;
 * one that dies in the middle leaves that lock to be inherited in the same way.
 * @param dead what the lock said
 * @returns false where another has replaced it before
 */
function inherited(path: string, own: string, dead: string): boolean {
  const claim = `${path}.after-${createHash('sha256').update(dead).digest('hex').slice(0, 16)}`;
  take(claim, `${own}.claim`);
  try {
    if (textOf(path) !== dead) return false;
    renameSync(own, path);
    return true;
  } finally {
    release(claim);
  }
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

/** @returns undefined where there is no lock */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new PskyError('file-unusable', `${path}: ${code}.`);
  }
}

/** @param text of a lock; a power failure may have left it empty */
function livingHolder(text: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(text) as LockHolder;
    const started = startOf(holder.pid);
    return started !== undefined && started === holder.started ? holder : undefined;
  } catch {
    return undefined;
  }
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
