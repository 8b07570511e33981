// Why a node ended by itself: run/failure.json is written by the process that fails and removed by the next one that starts,
// so that `status`, `why` and the supervisor of a devnet can say it when nobody is there to be asked.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { PskyError } from '../lib/errors.ts';
import type { NodeHome } from './home/home.ts';
import { holderOf } from './home/lock.ts';
import { type RemoteError, remoteError } from './remote-error.ts';

/** Where the disk is what failed it may not be written: the exit code and whoever hears of the error say it then. */
export function writeFailure(home: NodeHome, error: PskyError): void {
  try {
    mkdirSync(home.files.run, { recursive: true, mode: 0o700 });
    writeFileSync(home.files.failure, `${JSON.stringify(error)}\n`, { mode: 0o600 });
  } catch {
    removeFailure(home); // half of one says nothing
  }
}

export function removeFailure(home: NodeHome): void {
  rmSync(home.files.failure, { force: true });
}

/** @returns undefined while a process runs on the home, and where the last one was ended by others */
export function failureOf(home: NodeHome): PskyError | undefined {
  if (holderOf(home.files.lock) !== undefined) return undefined;
  try {
    return remoteError(JSON.parse(readFileSync(home.files.failure, 'utf8')) as RemoteError);
  } catch {
    return undefined; // there is none, or the process was killed while it wrote it
  }
}
