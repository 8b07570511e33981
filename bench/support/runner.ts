// Runs one benchmark in a process of its own, reads its figures, and keeps them.

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatTable } from '../../cli/output.ts';
import type { Figure } from './figures.ts';

const results = fileURLToPath(new URL('../../../bench/results/', import.meta.url));

/**
 * @param file compiled
 * @throws when it fails, or prints no figure
 */
export async function runBench(file: string, words: readonly string[], cwd = process.cwd()): Promise<Figure[]> {
  const child = spawn(process.execPath, [file, ...words], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  if (code !== 0) throw new Error(`${file} ended with exit code ${code}`);
  const figures = text.split('\n').filter(Boolean).map(figureOf);
  if (figures.length === 0) throw new Error(`${file} printed no figure`);
  return figures;
}

function figureOf(line: string): Figure {
  const figure = JSON.parse(line) as Figure;
  if (typeof figure.name !== 'string' || typeof figure.median !== 'number') throw new Error(`not a figure: ${line}`);
  return figure;
}

export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, unit, median, min, max }) => [name, String(median), unit, `${min} to ${max}`]);
  return formatTable(rows);
}

/** @returns the path of the file, which is named after the benchmark and the time */
export function keep(name: string, result: object): string {
  mkdirSync(results, { recursive: true });
  const at = new Date().toISOString();
  const path = join(results, `${name.replaceAll('/', '-')}-${at.replace(/[:.]/g, '-')}.json`);
  writeFileSync(path, `${JSON.stringify({ at, ...result }, undefined, 2)}\n`);
  return path;
}
