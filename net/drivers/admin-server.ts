// Administrative verbs over a Unix socket that only its owner can open, never over TCP. Both ends speak JSON, one object
// a line: a request {id, verb, params}; back come {id, event} any number of times and one {id, result} or {id, error}.
// {id, cancel: true} ends a stream that is followed.

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { GatewayFault } from '../gateway/ports.ts';
import { adminErrorOf, adminSocketPath, assertOwn, parseLine, readLines } from './admin-protocol.ts';
import { maxAdminConnections, maxAdminRequestBytes, maxAdminRequests, maxAdminUnreadBytes } from './limits.ts';

export interface AdminReply {
  /** one more of a followed stream. @returns false when the caller is gone or was cut off */
  event(value: unknown): boolean;
  /** ends the request */
  result(value: unknown): void;
  fail(fault: GatewayFault): void;
  /** the caller is gone, or cancelled: stop following */
  onGone(run: () => void): void;
}

export type AdminVerb = (params: Readonly<Record<string, unknown>>, reply: AdminReply) => void;

export interface AdminServer {
  register(verb: string, handler: AdminVerb): void;
  listen(home: string, done: (fault: GatewayFault | undefined, path: string) => void): void;
  close(done: () => void): void;
}

export function createAdminServer(): AdminServer {
  const verbs = new Map<string, AdminVerb>();
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let bound: string | undefined;

  function open(path: string, done: (error: NodeJS.ErrnoException | undefined) => void): void {
    server = createServer((socket) => {
      if (sockets.size >= maxAdminConnections) return void socket.destroy();
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      serve(socket, verbs);
    });
    server.once('error', done);
    const before = process.umask(0o177); // the socket is private from its first instant; bind happens within listen
    try {
      server.listen(path, () => {
        chmodSync(path, 0o600);
        done(undefined);
      });
    } finally {
      process.umask(before);
    }
  }

  return {
    register: (verb, handler) => void verbs.set(verb, handler),
    listen(home, done) {
      const path = adminSocketPath(home);
      const finish = (error: NodeJS.ErrnoException | undefined): void => {
        if (error === undefined) bound = path;
        const name = error?.code === 'EADDRINUSE' ? 'address-in-use' : 'internal-error';
        done(error === undefined ? undefined : { name, detail: `${path}: ${error.message}` }, path);
      };
      try {
        if (!path.startsWith(home)) preparePrivateDirectory(dirname(path));
      } catch (error) {
        return finish(error as NodeJS.ErrnoException);
      }
      open(path, (error) => {
        if (error?.code !== 'EADDRINUSE') return finish(error);
        // left behind by a process that was killed, unless somebody answers
        const probe = createConnection(path);
        probe.once('connect', () => {
          probe.destroy();
          finish(error);
        });
        probe.once('error', () => {
          rmSync(path, { force: true });
          open(path, finish);
        });
      });
    },
    close(done) {
      for (const socket of sockets) socket.destroy();
      if (server === undefined || bound === undefined) return done();
      const path = bound;
      server.close(() => {
        rmSync(path, { force: true });
        done();
      });
    },
  };
}

function preparePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  assertOwn(directory);
  chmodSync(directory, 0o700);
}

interface Request {
  readonly id: number;
  readonly verb?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly cancel?: boolean;
}

function serve(socket: Socket, verbs: ReadonlyMap<string, AdminVerb>): void {
  const open = new Map<number, () => void>();
  const send = (id: number, answer: object): void => {
    if (!socket.destroyed) socket.write(`${JSON.stringify({ id, ...answer })}\n`);
  };
  const end = (id: number): void => {
    const gone = open.get(id);
    open.delete(id);
    gone?.();
  };
  const fail = (id: number, fault: GatewayFault): void => {
    open.delete(id);
    send(id, { error: adminErrorOf(fault) });
  };

  function start({ id, verb = '', params = {} }: Request): void {
    const handler = verbs.get(verb);
    if (handler === undefined) return fail(id, { name: 'unknown-method', detail: verb });
    if (open.has(id) || open.size >= maxAdminRequests) return fail(id, { name: 'gateway-busy' });
    open.set(id, () => {});
    handler(params, {
      event(value) {
        if (!open.has(id)) return false;
        if (socket.writableLength > maxAdminUnreadBytes) {
          end(id);
          send(id, { error: adminErrorOf({ name: 'lagged' }) });
          return false;
        }
        send(id, { event: value });
        return true;
      },
      result(value) {
        if (open.delete(id)) send(id, { result: value ?? null });
      },
      fail: (fault) => void (open.has(id) && fail(id, fault)),
      onGone(run) {
        if (open.has(id)) open.set(id, run);
        else run();
      },
    });
  }

  readLines(socket, maxAdminRequestBytes, (line) => {
    const request = parseLine(line) as Request | undefined;
    if (request === undefined || typeof request.id !== 'number') return void socket.destroy();
    if (request.cancel === true) {
      end(request.id);
      send(request.id, { result: null });
    } else start(request);
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    for (const id of [...open.keys()]) end(id);
  });
}
