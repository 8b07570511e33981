// The command line's end of the admin socket (admin-server.ts).

import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { type AdminError, adminErrorOf, adminSocketPath, assertOwn, parseLine, readLines } from './admin-protocol.ts';

export interface AdminClient {
  /** @throws an AdminFailure when the node refuses, or goes away first */
  call(verb: string, params?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** @param each called for every event; `done` once, when the stream ends by itself or the node goes away */
  follow(
    verb: string,
    params: Readonly<Record<string, unknown>>,
    each: (event: unknown) => void,
    done: (error: AdminError | undefined) => void,
  ): { cancel(): void };
  close(): void;
}

export class AdminFailure extends Error {
  readonly error: AdminError;
  constructor(error: AdminError) {
    super(error.message);
    this.name = 'AdminFailure';
    this.error = error;
  }
}

interface Answer {
  readonly id: number;
  readonly event?: unknown;
  readonly error?: AdminError;
  readonly result?: unknown;
}

interface Pending {
  readonly event: (value: unknown) => void;
  readonly end: (error: AdminError | undefined, result: unknown) => void;
}

/** @throws an AdminFailure (node-unreachable) when no node of this home runs */
export function connectAdmin(home: string): Promise<AdminClient> {
  const path = adminSocketPath(home);
  const gone = (detail: string): AdminError => adminErrorOf({ name: 'node-unreachable', detail });
  return new Promise((resolve, reject) => {
    try {
      if (existsSync(path)) assertOwn(path);
    } catch (error) {
      return reject(new AdminFailure(gone((error as Error).message)));
    }
    const socket = createConnection(path);
    const pending = new Map<number, Pending>();
    let lastId = 0;

    const ask = (verb: string, params: Readonly<Record<string, unknown>>, answers: Pending): number => {
      const id = ++lastId;
      if (socket.destroyed) answers.end(gone('The node went away.'), undefined);
      else {
        pending.set(id, answers);
        socket.write(`${JSON.stringify({ id, verb, params })}\n`);
      }
      return id;
    };

    socket.once('error', (error) => reject(new AdminFailure(gone(error.message))));
    socket.once('connect', () => {
      socket.on('error', () => socket.destroy());
      readLines(socket, Number.POSITIVE_INFINITY, (line) => {
        const answer = parseLine(line) as Answer | undefined;
        const waiting = answer && pending.get(answer.id);
        if (answer === undefined || waiting === undefined) return;
        if ('event' in answer) return waiting.event(answer.event);
        pending.delete(answer.id);
        waiting.end(answer.error, answer.result);
      });
      socket.on('close', () => {
        for (const waiting of pending.values()) waiting.end(gone('The node went away.'), undefined);
        pending.clear();
      });
      resolve({
        call: (verb, params = {}) =>
          new Promise((answered, failed) => {
            const end: Pending['end'] = (error, result) =>
              error === undefined ? answered(result) : failed(new AdminFailure(error));
            ask(verb, params, { event: () => {}, end });
          }),
        follow(verb, params, each, done) {
          const id = ask(verb, params, { event: each, end: (error) => done(error) });
          return { cancel: () => void (socket.destroyed || socket.write(`${JSON.stringify({ id, cancel: true })}\n`)) };
        },
        close: () => void socket.end(),
      });
    });
  });
}
