// A Unix socket that speaks one JSON line per message: a request in, answers out. Mode 0600 in a folder of mode 0700, so
// that only the home's owner reaches it. The devnet's supervisor listens here; nodes have their admin socket.

import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { PskyError } from '../lib/errors.ts';

/** sockaddr_un holds 108 bytes, some systems fewer */
const maxPathBytes = 100;
/** a longer line closes the connection */
const maxLineBytes = 1 << 20;

/** Answers one request; `send` may be called more than once before it returns. */
export type LineHandler = (request: Record<string, unknown>, send: (answer: object) => void) => Promise<void>;

/** @returns where a socket of this home really lies: in a short temporary folder when the home's path is too long */
export function socketPath(wanted: string): string {
  if (Buffer.byteLength(wanted) <= maxPathBytes) return wanted;
  const short = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  return join(tmpdir(), `psky-${process.getuid?.() ?? 0}-${short}`, 's');
}

export async function serveLines(wanted: string, handle: LineHandler): Promise<Server> {
  const path = socketPath(wanted);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    createInterface({ input: bounded(socket) }).on('line', (line) => void answer(line, socket, handle));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return server;
}

function bounded(socket: Socket): Socket {
  let sinceNewline = 0;
  socket.on('data', (chunk: Buffer) => {
    const newline = chunk.lastIndexOf(10);
    sinceNewline = newline >= 0 ? chunk.length - newline : sinceNewline + chunk.length;
    if (sinceNewline > maxLineBytes) socket.destroy();
  });
  return socket;
}

async function answer(line: string, socket: Socket, handle: LineHandler): Promise<void> {
  const send = (value: object): void => void socket.write(`${JSON.stringify(value)}\n`);
  try {
    await handle(JSON.parse(line) as Record<string, unknown>, send);
  } catch (error) {
    const known = error instanceof PskyError ? error : new PskyError('internal', String(error));
    send({ error: known.toJSON() });
  }
}

/**
 * Sends one request and waits for one answer.
 * @throws PskyError `not-running` when nobody listens or the time is up; the listener's own error
 */
export async function askSocket(wanted: string, request: object, timeoutMs: number): Promise<Record<string, unknown>> {
  const socket = createConnection(socketPath(wanted));
  const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), timeoutMs);
  try {
    return await new Promise((resolve, reject) => {
      socket.once('error', (error) => reject(new PskyError('not-running', `${error.message}.`)));
      socket.once('close', () => reject(new PskyError('not-running', 'The connection was closed.')));
      createInterface({ input: socket }).once('line', (line) => {
        const value = JSON.parse(line) as { error?: RemoteError } & Record<string, unknown>;
        if (value.error === undefined) resolve(value);
        else reject(remoteError(value.error));
      });
      socket.write(`${JSON.stringify(request)}\n`);
    });
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

export interface RemoteError {
  readonly name: string;
  readonly message: string;
}

/** The error of another process, as if it were ours. */
export function remoteError(error: RemoteError): PskyError {
  const known = new PskyError(error.name as ConstructorParameters<typeof PskyError>[0]);
  known.message = error.message;
  return known;
}
