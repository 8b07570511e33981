// One member of a devnet as its supervisor sees it: a child process that is started, killed on purpose, revived, and
// restarted with a back-off when it crashes, but not for ever for one and the same reason.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { PskyError } from '../../lib/errors.ts';
import { mainFile } from '../detach.ts';
import { exitCode } from '../exit.ts';
import { failureOf } from '../failure.ts';
import type { NodeHome } from '../home/home.ts';
import { allocatorSettings, backoffMs, healthyMs, maxFailuresAlike } from '../limits.ts';
import { type RemoteError, remoteError } from '../remote-error.ts';
import type { RunningInfo } from '../running.ts';

/** What a member's process says over IPC. */
export type MemberMessage =
  | { readonly type: 'listening'; readonly info: RunningInfo }
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly error: RemoteError };

export type MemberState = 'starting' | 'listening' | 'ready' | 'killed' | 'crashed' | 'failed' | 'stopped';

export class Member {
  readonly name: string;
  readonly home: NodeHome;
  state: MemberState = 'stopped';
  info: RunningInfo | undefined;
  restarts = 0;
  #child: ChildProcess | undefined;
  #failure: PskyError | undefined;
  #backoffMs: number = backoffMs.first;
  #lastReason: string | undefined;
  #failuresAlike = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<() => void>();
  readonly #remark: (text: string) => void;

  constructor(name: string, home: NodeHome, remark: (text: string) => void) {
    this.name = name;
    this.home = home;
    this.#remark = remark;
  }

  get alive(): boolean {
    return this.#child !== undefined;
  }

  start(): void {
    if (this.#child !== undefined) return;
    clearTimeout(this.#restartTimer);
    this.#failure = undefined;
    this.info = undefined;
    mkdirSync(this.home.files.logs, { recursive: true });
    const log = openSync(`${this.home.files.logs}/stdio.log`, 'a', 0o600);
    const child = spawn(process.execPath, [mainFile, 'start', '--member', '--home', this.home.path], {
      env: { ...allocatorSettings, ...process.env },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.#child = child;
    this.#become('starting');
    const bornAt = Date.now();
    child.on('message', (message) => this.#hear(message as MemberMessage));
    child.on('error', (error) => this.#remark(`${this.name}: ${error.message}`));
    child.on('exit', (code, signal) => this.#ended(code, signal, Date.now() - bornAt));
  }

  /** Starts it with a clean slate, whatever ended it. */
  revive(): void {
    this.#backoffMs = backoffMs.first;
    this.#failuresAlike = 0;
    this.start();
  }

  /** SIGKILL, and no restart. Resolves when the process is gone. */
  async kill(): Promise<void> {
    clearTimeout(this.#restartTimer);
    this.#become('killed');
    this.#child?.kill('SIGKILL');
    await this.until(() => !this.alive, 5_000);
  }

  /** SIGTERM, and no restart; harmless when the terminal already signalled. */
  stop(): void {
    clearTimeout(this.#restartTimer);
    this.#become('stopped');
    this.#child?.kill('SIGTERM');
  }

  forceKill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** @throws PskyError the member's own reason, or `start-failed` when the time is up */
  async untilListening(timeoutMs: number): Promise<RunningInfo> {
    await this.until(() => this.info !== undefined || this.#failure !== undefined, timeoutMs);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.info === undefined)
      throw new PskyError('start-failed', `${this.name} does not listen after ${timeoutMs} ms.`);
    return this.info;
  }

  /** Resolves when `condition` holds or the time is up. */
  until(condition: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (condition()) finish();
      };
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }

  #hear(message: MemberMessage): void {
    if (message.type === 'listening') {
      this.info = message.info;
      this.#become('listening');
    } else if (message.type === 'ready') {
      this.#become('ready');
    } else {
      this.#failure = remoteError(message.error);
      this.#become(this.state);
    }
  }

  #ended(code: number | null, signal: string | null, livedMs: number): void {
    this.#child = undefined;
    this.info = undefined;
    if (this.state === 'killed' || this.state === 'stopped') return this.#become(this.state);
    const how = `${this.name} ended with ${signal ?? `exit code ${code}`}`;
    const said = this.#failure ?? failureOf(this.home);
    this.#failure = said ?? new PskyError('start-failed', `${how}.`);
    if (livedMs > healthyMs) this.#backoffMs = backoffMs.first;
    this.#count(said?.message, livedMs);
    // settings do not mend themselves
    if (code === exitCode.badConfiguration || this.#failuresAlike >= maxFailuresAlike) {
      this.#remark(`${how} and is not started again: ${this.#failure.message}`);
      this.#become('failed');
      return;
    }
    this.#become('crashed');
    this.#remark(`${how}; restart in ${this.#backoffMs} ms`);
    this.#restartTimer = setTimeout(() => {
      this.restarts++;
      this.start();
    }, this.#backoffMs);
    this.#backoffMs = Math.min(2 * this.#backoffMs, backoffMs.longest);
  }

  /** @param reason its own; one that others ended has none */
  #count(reason: string | undefined, livedMs: number): void {
    const alike = reason !== undefined && reason === this.#lastReason && livedMs <= healthyMs;
    this.#lastReason = reason;
    if (reason === undefined) this.#failuresAlike = 0;
    else this.#failuresAlike = alike ? this.#failuresAlike + 1 : 1;
  }

  #become(state: MemberState): void {
    this.state = state;
    for (const look of [...this.#waiting]) look();
  }
}
