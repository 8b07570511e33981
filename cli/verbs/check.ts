// psky check: reads choreographies out of their sources and says what is wrong with them, and draws them.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { PskyError } from '../../lib/errors.ts';
import { drawingsOf } from '../../swarms/diagram/index.ts';
import { type Diagnostic, type Reading, readSource } from '../../swarms/source/index.ts';
import { exitCode } from '../exit.ts';
import { addVerb, type Call, type Finish } from '../verb.ts';

export function addCheck(program: Command, finish: Finish): void {
  addVerb(
    program,
    {
      words: 'check <file...>',
      summary: 'say what is wrong with choreographies, without running them',
      home: 'none',
      options: [
        { flags: '--diagram', about: 'draw what is right: the whole and each role' },
        { flags: '--output <folder>', about: 'where drawings go; beside the file if not given' },
      ],
      run: (call) => Promise.resolve(run(call)),
    },
    finish,
  );
}

function run(call: Call): number {
  const readings = call.args.map((file) => ({ file, reading: readSource(file, readText(file)) }));
  const diagnostics = readings.flatMap(({ reading }) => reading.diagnostics);
  const diagrams = call.flag('diagram')
    ? readings.flatMap(({ file, reading }) => draw(file, reading, call.text('output') ?? dirname(file)))
    : undefined;
  const text = [...diagnostics.map(lineOf), ...(diagrams ?? []), summary(readings.length, diagnostics.length)];
  call.out.result({ diagnostics, ...(diagrams === undefined ? {} : { diagrams }) }, text.join('\n'));
  return diagnostics.length === 0 ? exitCode.ok : exitCode.error;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new PskyError('swarm-file-missing', `${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}.`);
  }
}

/** @returns the files that were written */
function draw(file: string, { descriptions }: Reading, folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const stem = basename(file).replace(/(\.swarm)?\.[cm]?[jt]s$/, '');
  return descriptions.flatMap((description) => {
    const name = descriptions.length === 1 ? stem : `${stem}.${description.name.replace(/[^a-z0-9.-]/g, '-')}`;
    return drawingsOf(description).flatMap(({ of, svg, mermaid }) => {
      const paths = [join(folder, `${name}.${of}.svg`), join(folder, `${name}.${of}.mmd`)] as const;
      writeFileSync(paths[0], svg);
      writeFileSync(paths[1], mermaid);
      return paths;
    });
  });
}

function lineOf({ code, severity, file, line, column, message, suggestion }: Diagnostic): string {
  return `${file}:${line}:${column} ${severity} ${code}\n  ${message}\n  ${suggestion}`;
}

function summary(files: number, diagnostics: number): string {
  const checked = `${files} ${files === 1 ? 'file' : 'files'}`;
  return diagnostics === 0 ? `${checked}: nothing is wrong` : `${checked}: ${diagnostics} found`;
}
