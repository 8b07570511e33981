// Runs the built `psky` as users do: processes, exit codes, lines.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const mainFile = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

/** A folder for homes whose sockets fit into it; removed after the test. */
export function shortFolder(test: { teardown(action: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'psky-'));
  test.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** Runs a verb to its end. */
export function psky(...args: readonly string[]): Promise<Ended> {
  const running = startPsky(...args);
  return running.ended;
}

/** Runs a verb with --json and reads its line. */
export async function pskyJson<T>(...args: readonly string[]): Promise<T> {
  const { status, stdout, stderr } = await psky(...args, '--json');
  if (stdout.trim() === '') throw new Error(`psky ${args.join(' ')}: exit ${status}, ${stderr}`);
  return JSON.parse(stdout) as T;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** resolves with the first line of standard output that matches; rejects when the process ends first */
  line(pattern: RegExp): Promise<string>;
}

export function startPsky(...args: readonly string[]): Running {
  const began = performance.now();
  const child = spawn(process.execPath, [mainFile, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout.on('data', (text) => {
    stdout += text;
    for (const listener of listeners) listener();
  });
  child.stderr.on('data', (text) => (stderr += text));
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (status) => resolve({ status, stdout, stderr, seconds: (performance.now() - began) / 1000 }));
  });
  return {
    child,
    ended,
    line(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = stdout.split('\n').find((line) => pattern.test(line));
          if (found === undefined) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
        void ended.then(({ status }) => reject(new Error(`it ended with ${status}: ${stdout}${stderr}`)));
      });
    },
  };
}
