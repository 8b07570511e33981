// Starts a verb again in a process of its own and waits until that one says over IPC that it is ready, or why not.

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PskyError } from '../lib/errors.ts';
import type { MemberMessage } from './dev/member.ts';
import { allocatorSettings } from './limits.ts';
import { type RemoteError, remoteError } from './remote-error.ts';

export const mainFile = fileURLToPath(new URL('./main.js', import.meta.url));

type DetachedMessage =
  | { readonly type: 'done'; readonly result: object }
  | { readonly type: 'failed'; readonly error: RemoteError };

/** @returns what the process was ready with; it lives on */
export function runDetached(args: readonly string[], logPath: string, timeoutMs: number): Promise<object> {
  mkdirSync(dirname(logPath), { recursive: true });
  const log = openSync(logPath, 'a', 0o600);
  const child = spawn(process.execPath, [mainFile, ...args], {
    detached: true,
    env: { ...allocatorSettings, ...process.env },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  return new Promise((resolve, reject) => {
    const fail = (error: PskyError): void => {
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(() => {
      child.kill('SIGTERM');
      fail(new PskyError('start-failed', `Nothing was heard for ${timeoutMs / 1000} s; ${logPath} may say more.`));
    }, timeoutMs);
    child.once('error', (error) => fail(new PskyError('start-failed', `${error.message}.`)));
    child.once('exit', (code) => fail(new PskyError('start-failed', `It ended with ${code}; see ${logPath}.`)));
    child.on('message', (message: DetachedMessage) => {
      if (message.type === 'failed') return fail(remoteError(message.error));
      if (message.type !== 'done') return;
      clearTimeout(timer);
      child.removeAllListeners('exit');
      child.disconnect();
      child.unref();
      resolve(message.result);
    });
  });
}

/** In a process that was started so, or as a member of a devnet: the parent hears it. */
export function tellParent(message: DetachedMessage | MemberMessage): void {
  process.send?.(message, undefined, {}, () => {});
}
