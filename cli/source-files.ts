// Files of psky check: sources that are read, drawings that are written.

import { mkdirSync, readFileSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PskyError } from '../lib/errors.ts';
import { type Description, drawingsOf } from '../swarms/diagram/index.ts';
import { maxSourceBytes } from '../swarms/source/index.ts';
import { formatBytes } from './output.ts';

/** @throws PskyError where it is no text of a size that a source has */
export function readSourceFile(file: string): string {
  const { size } = fileOf(file);
  if (size > maxSourceBytes)
    throw unreadable(file, `has ${formatBytes(size)}; a source has ${formatBytes(maxSourceBytes)} at most`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    throw unreadable(file, error instanceof TypeError ? 'is no text in UTF-8' : reasonOf(error));
  }
}

function fileOf(file: string): Stats {
  let stats: Stats;
  try {
    stats = statSync(file);
  } catch (error) {
    throw unreadable(file, reasonOf(error));
  }
  if (stats.isDirectory()) throw unreadable(file, `is a folder; name the files in it: ${join(file, '*.swarm.ts')}`);
  // a device or a pipe may never end
  if (!stats.isFile()) throw unreadable(file, 'is no ordinary file');
  return stats;
}

/** @returns the files that were written */
export function writeDrawings(folder: string, file: string, descriptions: readonly Description[]): readonly string[] {
  const stem = basename(file).replace(/(\.swarm)?\.[cm]?[jt]sx?$/, '');
  return descriptions.flatMap((description) => {
    const name = descriptions.length === 1 ? stem : `${stem}.${description.name.replace(/[^a-z0-9.-]/g, '-')}`;
    return drawingsOf(description).flatMap(({ of, svg, mermaid }) => [
      write(folder, `${name}.${of}.svg`, svg),
      write(folder, `${name}.${of}.mmd`, mermaid),
    ]);
  });
}

function write(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new PskyError('swarm-drawing-unwritable', `${path} ${reasonOf(error)}.`);
  }
  return path;
}

function unreadable(file: string, why: string): PskyError {
  return new PskyError('swarm-file-unreadable', `${file} ${why}.`);
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'is not ours to read or write';
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'lies in something that is no folder';
  return `gives ${code ?? String(error)}`;
}
