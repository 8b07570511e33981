// One member, validator or follower: a process of `psky start` on a home of its own, which is killed, paused, broken and
// started again. Ends that nobody brought about are violations.

import { readFileSync, rmSync } from 'node:fs';
import type { NodeHome } from '../../../cli/home/home.ts';
import { runningInfo } from '../../../cli/running.ts';
import { breakNode } from '../break-node.ts';
import { eventually } from '../devnet.ts';
import { killHard, type Running, startPsky } from '../psky.ts';

/** the longest start that was seen on a busy machine is a tenth of it */
const startSeconds = 60;

export interface Place {
  readonly index: number;
  readonly name: string;
  /** whether it is a validator */
  readonly votes: boolean;
  readonly home: NodeHome;
}

export class Member {
  readonly index: number;
  readonly name: string;
  readonly votes: boolean;
  readonly home: NodeHome;
  #process: Running | undefined;
  #expected = false;
  #turn: Promise<void> = Promise.resolve();
  readonly #died: (why: string) => void;

  constructor({ index, name, votes, home }: Place, died: (why: string) => void) {
    this.index = index;
    this.name = name;
    this.votes = votes;
    this.home = home;
    this.#died = died;
  }

  /** What is done to a member waits for what is being done to it. */
  exclusively<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.then(
      () => {},
      () => {},
    );
    return result;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    this.#expected = false;
    const running = startPsky('start', '--json', '--home', this.home.path);
    this.#process = running;
    void running.ended.then(({ status, stdout, stderr }) => {
      this.#process = undefined;
      if (!this.#expected)
        this.#died(`${this.name} ended by itself with ${status}: ${stdout}${stderr}${this.#failure()}`);
    });
    // a follower prints its line later, when it has caught up
    const listens = async (): Promise<boolean> => runningInfo(this.home)?.pid === running.child.pid;
    const early = running.ended.then(() => Promise.reject(new Error(`${this.name} ended before it listened`)));
    await Promise.race([eventually(`${this.name} listens`, startSeconds, listens), early]);
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    this.#expected = true;
    killHard(running.child.pid as number);
    await running.ended;
  }

  /** SIGTERM. @returns the exit code */
  async drain(): Promise<number | null> {
    const running = this.#process;
    if (running === undefined) return null;
    this.#expected = true;
    running.child.kill('SIGTERM');
    return (await running.ended).status;
  }

  pause(): void {
    this.#process?.child.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.child.kill('SIGCONT');
  }

  /** Breaks its disk or clock (cli/dev/breaking.ts); nothing named: all is sound again. */
  break(params: Readonly<Record<string, number | string>>): Promise<void> {
    return breakNode(this.home.path, params);
  }

  /** Breaks it in a way that ends it. @returns the exit code, null for a signal; undefined when it lives on */
  async breakToEnd(
    params: Readonly<Record<string, number | string>>,
    withinMs: number,
  ): Promise<number | null | undefined> {
    this.#expected = true;
    const ended = this.#process?.ended ?? Promise.resolve({ status: null });
    await this.break(params).catch(() => {}); // it may be gone before it answers
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), withinMs);
    });
    const status = await Promise.race([ended.then((each) => each.status), late]);
    clearTimeout(timer);
    if (status === undefined) this.#expected = false;
    return status;
  }

  /** Its data is gone: as if the disk had been replaced. */
  wipe(): void {
    rmSync(this.home.files.data, { recursive: true });
  }

  #failure(): string {
    try {
      return readFileSync(this.home.files.failure, 'utf8');
    } catch {
      return '';
    }
  }
}
