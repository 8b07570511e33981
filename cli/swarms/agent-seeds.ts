// The secret seeds of a home's agents, one file each: swarms/agents/<name>.key, mode 0600.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, fromHex, toHex } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import { readSecretFile, writeSecretText } from '../home/key-files.ts';

/** Made where it is not there yet. */
export function agentSeed(folder: string, name: string): Bytes {
  const file = join(folder, 'agents', `${name}.key`);
  if (!existsSync(file)) {
    mkdirSync(join(folder, 'agents'), { recursive: true, mode: 0o700 });
    // whole or not at all: half a key could not be read after a crash
    rmSync(`${file}.new`, { force: true });
    writeSecretText(`${file}.new`, `${toHex(randomBytes(32))}\n`);
    renameSync(`${file}.new`, file);
  }
  const seed = fromHex(readSecretFile(file).trim());
  if (seed?.length !== 32) throw new PskyError('key-file-bad', `${file}: not 64 hex digits.`);
  return seed;
}
