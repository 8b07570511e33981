// Runs the built `psky` as users do: processes, exit codes, lines.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const mainFile = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

const folders = new Set<string>();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, clearAll);

/**
 * A folder for homes whose sockets fit into it. At the end of the test, and when the test itself is ended (its runner's time
 * is over), it is removed, and whatever runs on a home in it is killed.
 */
export function shortFolder(test: { teardown(action: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'psky-'));
  folders.add(folder);
  test.teardown(() => clear(folder));
  return folder;
}

function clearAll(): void {
  for (const folder of folders) clear(folder);
  process.exit(1);
}

function clear(folder: string): void {
  for (const pid of processesOf(folder)) killHard(pid);
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

/** Processes that have this text among their arguments or in their environment. */
export function processesOf(text: string): readonly number[] {
  const own = String(process.pid);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && entry !== own)
    .filter((pid) => {
      try {
        return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(text));
      } catch {
        return false;
      }
    })
    .map(Number);
}

export function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // already gone
  }
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
