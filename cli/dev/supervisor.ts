// The one process that owns a devnet: it starts the members, restarts those that crash, and takes kill, revive and stop
// over a Unix socket that only the home's owner reaches, with a token of this run.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { PskyError } from '../../lib/errors.ts';
import type { DevnetHome } from '../home/home.ts';
import { lockHome } from '../home/lock.ts';
import { askSocket, serveLines, socketPath } from '../line-socket.ts';
import { Member } from './member.ts';

/** the bound for a stop is 10 s; a drain that takes longer is cut off */
const drainMs = 8_000;
const listenMs = 30_000;

export type SupervisorRequest =
  | { readonly method: 'status' }
  | { readonly method: 'kill' | 'revive'; readonly name: string; readonly token: string }
  | { readonly method: 'stop' };

export class Supervisor {
  readonly home: DevnetHome;
  readonly members: readonly Member[];
  readonly #token = randomBytes(16).toString('hex');
  readonly #release: () => void;
  #server: Server | undefined;
  #interrupted = false;
  #stopping: Promise<void> | undefined;
  #stopped: (() => void) | undefined;
  /** resolves when the devnet was stopped, by whomever */
  readonly ended: Promise<void>;

  /** @throws PskyError `home-in-use` */
  constructor(home: DevnetHome, remark: (text: string) => void) {
    this.home = home;
    this.#release = lockHome(home.supervisorFile);
    this.members = [...home.members].map(([name, member]) => new Member(name, member, remark));
    this.ended = new Promise((resolve) => {
      this.#stopped = resolve;
    });
  }

  /** Starts all members and waits until all of them listen. */
  async start(report: (listening: number) => void): Promise<void> {
    mkdirSync(dirname(this.home.log), { recursive: true });
    writeFileSync(tokenFile(this.home), this.#token, { mode: 0o600 });
    this.#server = await serveLines(this.home.socket, (request, send) => this.#answer(request as never, send));
    for (const member of this.members) member.start();
    let listening = 0;
    await Promise.all(
      this.members.map(async (member) => {
        await member.untilListening(listenMs);
        report(++listening);
      }),
    );
  }

  /** Drains all members, then closes. Safe to call more than once. */
  stop(): Promise<void> {
    this.#interrupted = true;
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** whether someone asked for the end */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  forceKill(): void {
    for (const member of this.members) member.forceKill();
  }

  async #stop(): Promise<void> {
    for (const member of this.members) member.stop();
    await Promise.all(this.members.map((member) => member.until(() => !member.alive, drainMs)));
    this.forceKill();
    await Promise.all(this.members.map((member) => member.until(() => !member.alive, 1_000)));
    this.#server?.close();
    rmSync(socketPath(this.home.socket), { force: true });
    rmSync(tokenFile(this.home), { force: true });
    this.#release();
    this.#stopped?.();
  }

  async #answer(request: SupervisorRequest, send: (answer: object) => void): Promise<void> {
    switch (request.method) {
      case 'status':
        return send({
          pid: process.pid,
          members: this.members.map(({ name, state, restarts, info }) => ({
            name,
            state,
            restarts,
            info: info ?? null,
          })),
        });
      case 'kill': {
        const member = this.#chosen(request);
        await member.kill();
        return send({ name: member.name, state: member.state });
      }
      case 'revive': {
        const member = this.#chosen(request);
        member.start();
        return send({ name: member.name, state: member.state, info: await member.untilListening(listenMs) });
      }
      case 'stop':
        // answered first: the asker waits for the processes to be gone
        send({ stopping: true, pid: process.pid });
        return this.stop();
      default:
        throw new PskyError('bad-usage', 'The supervisor does not know this request.');
    }
  }

  #chosen(request: { readonly name: string; readonly token: string }): Member {
    const given = Buffer.from(String(request.token));
    const wanted = Buffer.from(this.#token);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      throw new PskyError('not-a-devnet', 'The token is not that of this run.');
    }
    const member = this.members.find((each) => each.name === request.name);
    if (member === undefined) throw new PskyError('member-unknown', `${request.name}.`);
    return member;
  }
}

function tokenFile(home: DevnetHome): string {
  return join(dirname(home.supervisorFile), 'dev-token');
}

/** What `psky dev kill|revive` asks of the supervisor. */
export function askSupervisor(
  home: DevnetHome,
  method: 'kill' | 'revive',
  name: string,
  timeoutMs: number,
): Promise<Record<string, unknown>> {
  let token: string;
  try {
    token = readFileSync(tokenFile(home), 'utf8');
  } catch {
    throw new PskyError('not-running', 'The devnet has no supervising process.');
  }
  return askSocket(home.socket, { method, name, token }, timeoutMs);
}
