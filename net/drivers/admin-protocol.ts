// What both ends of the admin socket agree on: where it is, what a line is, what an error looks like.

import { createHash } from 'node:crypto';
import { existsSync, lstatSync, realpathSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorRow, formatErrorCode } from '../../lib/errors.ts';
import type { GatewayFault } from '../gateway/ports.ts';

/** sun_path holds 104 to 108 bytes with its end, by system. */
const longestSocketPath = 100;

/** Where the socket of a home is: in the home, or in a private directory of short name where the home's path is too long. */
export function adminSocketPath(home: string): string {
  const plain = join(home, 'admin.sock');
  if (Buffer.byteLength(plain) <= longestSocketPath) return plain;
  const real = existsSync(home) ? realpathSync(home) : home;
  const name = createHash('sha256').update(real).digest('hex').slice(0, 16);
  return join(tmpdir(), `psky-${process.getuid?.() ?? 'user'}`, `${name}.sock`);
}

/** @throws where it is somebody else's: another user of this machine made it first */
export function assertOwn(path: string): void {
  const { uid } = lstatSync(path);
  if (process.getuid !== undefined && uid !== process.getuid()) throw new Error(`${path} belongs to another user`);
}

export interface AdminError {
  readonly code: string;
  readonly name: string;
  readonly message: string;
  readonly remedy: string;
}

export function adminErrorOf(fault: GatewayFault): AdminError {
  const row = errorRow(fault.name);
  const message = fault.detail === undefined ? row.meaning : `${row.meaning} ${fault.detail}`;
  return { code: formatErrorCode(row.code), name: row.name, message, remedy: row.remedy };
}

/** @param maxBytes a longer line ends the connection */
export function readLines(socket: Socket, maxBytes: number, each: (line: string) => void): void {
  let parts: string[] = [];
  let length = 0;
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    const lines = String(chunk).split('\n');
    for (const [i, line] of lines.entries()) {
      parts.push(line);
      length += line.length;
      if (length > maxBytes) return void socket.destroy();
      if (i === lines.length - 1) break; // not ended yet
      const whole = parts.join('');
      parts = [];
      length = 0;
      each(whole);
    }
  });
}

/** @returns undefined when the line is not a JSON object */
export function parseLine(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
