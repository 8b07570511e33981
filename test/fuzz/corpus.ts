// Inputs on disk: corpus/TARGET/ holds what reached code that the target's own seeds do not, findings/ what once broke a
// target, as TARGET-HASH. Both are small, kept in the repository, and run by every `npm test`.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bytes } from '../../lib/bytes.ts';
import { sha256Hex } from '../../lib/hash.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = join(root, 'test', 'fuzz');

/** files of one corpus; beyond, nothing more is kept */
const maxFiles = 200;

const nameOf = (input: Bytes): string => sha256Hex(input).slice(0, 16);

export function readCorpus(target: string): readonly Bytes[] {
  return filesOf(join(folder, 'corpus', target)).map((file) => new Uint8Array(readFileSync(file)));
}

/** Files that are there stay: a run changes a clone only by what it learnt. */
export function addToCorpus(target: string, inputs: readonly Bytes[]): void {
  const into = join(folder, 'corpus', target);
  mkdirSync(into, { recursive: true });
  const room = Math.max(0, maxFiles - filesOf(into).length);
  for (const input of inputs.slice(0, room)) writeFileSync(join(into, nameOf(input)), input);
}

export function readFindings(target: string): readonly { readonly name: string; readonly input: Bytes }[] {
  return filesOf(join(folder, 'findings'))
    .filter((file) => basename(file).startsWith(`${target}-`))
    .map((file) => ({ name: basename(file), input: new Uint8Array(readFileSync(file)) }));
}

/** @returns its path, from the repository's root */
export function writeFinding(target: string, input: Bytes): string {
  mkdirSync(join(folder, 'findings'), { recursive: true });
  const path = join(folder, 'findings', `${target}-${nameOf(input)}`);
  writeFileSync(path, input);
  return relative(root, path);
}

function filesOf(path: string): readonly string[] {
  try {
    return readdirSync(path)
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
