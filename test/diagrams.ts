// `npm run diagrams`: writes docs/machines/<name>.md for every machine. test/unit/actors/machine.test.ts fails when one
// of them is stale.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diagramPage } from '../actors/index.ts';
import { machines } from './machines.ts';

const directory = fileURLToPath(new URL('../../docs/machines', import.meta.url));

/** @returns the names of machines whose page does not say what the machine does */
export function stalePages(): readonly string[] {
  return machines.filter(({ name, machine }) => readPage(name) !== diagramPage(name, machine)).map(({ name }) => name);
}

function readPage(name: string): string {
  try {
    return readFileSync(join(directory, `${name}.md`), 'utf8');
  } catch {
    return '';
  }
}

export function writePages(): void {
  mkdirSync(directory, { recursive: true });
  for (const { name, machine } of machines) writeFileSync(join(directory, `${name}.md`), diagramPage(name, machine));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writePages();
