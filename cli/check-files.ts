// psky check: reads choreographies out of their sources and says what is wrong with them, and draws them.

import { dirname } from 'node:path';
import { PskyError } from '../lib/errors.ts';
import { readSource } from '../swarms/source/index.ts';
import { formatReport } from './diagnostics.ts';
import { exitCode } from './exit.ts';
import { readSourceFile, writeDrawings } from './source-files.ts';
import { paperOf } from './terminal.ts';
import type { Call } from './verb.ts';

/** @returns the exit code */
export function checkFiles(call: Call): number {
  const folder = call.text('output');
  if (folder !== undefined && !call.flag('diagram'))
    throw new PskyError('bad-usage', '--output says where drawings go: add --diagram.');
  // all are read before any is judged: a name that is wrong is the first thing to know
  const sources = call.args.map((file) => ({ file, text: readSourceFile(file) }));
  const checked = sources.map(({ file, text }) => ({ file, text, ...readSource(file, text) }));
  const diagrams = call.flag('diagram')
    ? checked.flatMap((each) => writeDrawings(folder ?? dirname(each.file), each.file, each.descriptions))
    : [];
  const diagnostics = checked.flatMap((each) => each.diagnostics);
  call.out.result(
    { diagnostics, ...(call.flag('diagram') ? { diagrams } : {}) },
    formatReport(paperOf(process.stdout), checked, diagrams),
  );
  return diagnostics.length === 0 ? exitCode.ok : exitCode.error;
}
