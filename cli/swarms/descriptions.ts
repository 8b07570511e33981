// The descriptions of the processes that a home has run, one file each: swarms/descriptions/<hash>.json. By them instances
// can be read without the program; what a file says is as good as the hash that the starter signed.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PskyError } from '../../lib/errors.ts';
import type { Hash } from '../../lib/hash.ts';
import { type Description, descriptionHash, parseDescription } from '../../swarms/run/index.ts';
import { readText } from '../home/home.ts';

const fileOf = (folder: string, hash: Hash): string => join(folder, 'descriptions', `${hash}.json`);

/** @param folder `swarms` in the home */
export function keepDescription(folder: string, description: Description): void {
  const file = fileOf(folder, descriptionHash(description));
  const text = JSON.stringify(description);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  mkdirSync(join(folder, 'descriptions'), { recursive: true, mode: 0o700 });
  const own = `${file}.${process.pid}`;
  const open = openSync(own, 'w', 0o600);
  try {
    writeFileSync(open, text);
    fsyncSync(open);
  } finally {
    closeSync(open);
  }
  renameSync(own, file);
}

/** @throws PskyError `swarm-description-missing` */
export function keptDescription(folder: string, hash: Hash): Description {
  const file = fileOf(folder, hash);
  const parsed = parseDescription(parseJson(readText(file, 'swarm-description-missing')));
  if (!parsed.ok) throw new PskyError('swarm-description-missing', `${file}: ${parsed.error.message}.`);
  if (descriptionHash(parsed.value) !== hash)
    throw new PskyError('swarm-description-missing', `${file} has another hash.`);
  return parsed.value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no description either, and refused as that
  }
}
