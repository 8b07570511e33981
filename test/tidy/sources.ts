// The project's own files, for tests that read them.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** dist/test/tidy/sources.js lies three folders below */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

const skipped = /^(node_modules|dist|\.git|\.tap|\.psky|\.clinic|bench\/results)(\/|$)/;

/** Paths with forward slashes, relative to the root. */
export function projectFiles(pattern: RegExp): string[] {
  const found: string[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (skipped.test(path)) continue;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && pattern.test(path)) found.push(path.split(sep).join('/'));
    }
  };
  visit('');
  return found.sort();
}

export function readSource(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
