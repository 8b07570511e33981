// What psky check says to people: each diagnostic with its line of the source and what to do, and how many there were.

import type { Diagnostic } from '../swarms/source/index.ts';
import { type Paper, paint, wrapWords } from './terminal.ts';

/** One file that was checked. */
export interface CheckedFile {
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

export function formatReport(paper: Paper, files: readonly CheckedFile[], drawn: readonly string[]): string {
  const found = files.flatMap(({ text, diagnostics }) => {
    const lines = text.split(/\r\n|\r|\n/);
    return diagnostics.map((each) => `${formatDiagnostic(paper, each, lines[each.line - 1] ?? '')}\n`);
  });
  return [...found, ...drawn, summary(paper, files)].join('\n');
}

function formatDiagnostic(paper: Paper, diagnostic: Diagnostic, line: string): string {
  const { file, line: row, column, severity, code, message, suggestion } = diagnostic;
  const place = paint(paper, 'cyan', `${file}:${row}:${column}`);
  const kind = paint(paper, severity === 'error' ? 'red' : 'yellow', severity);
  const frame = line.trim() === '' ? [] : frameOf(paper, line, row, column);
  const words = wrapWords(paper, message);
  return [`${place} ${kind} ${paint(paper, 'dim', code)}`, words, ...frame, wrapWords(paper, suggestion)].join('\n');
}

/** The line of the source, as much of it as fits, and a mark below the place. */
function frameOf(paper: Paper, line: string, row: number, column: number): readonly string[] {
  const gutter = `  ${row} | `;
  const room = Math.max(Math.min(paper.columns, maxFrame) - gutter.length, minFrame);
  // a place far to the right is shown with some of what stands before it
  const from = column - 1 < room - marginRight ? 0 : column - 1 - Math.floor(room / 2);
  // tabs and other control characters would move the mark
  const shown = line
    .slice(from, from + room)
    .replaceAll(/\p{Cc}/gu, ' ')
    .trimEnd();
  const before = ' '.repeat(column - 1 - from);
  const edge = paint(paper, 'dim', `${' '.repeat(gutter.length - 2)}| `);
  return [`${paint(paper, 'dim', gutter)}${shown}`, `${edge}${before}${paint(paper, 'red', '^')}`];
}

/** columns of a line of the source where nobody says how wide the paper is */
const maxFrame = 120;
/** some terminals say that they have no columns */
const minFrame = 40;
/** columns that are wanted behind the place */
const marginRight = 20;

function summary(paper: Paper, files: readonly CheckedFile[]): string {
  const all = files.flatMap(({ diagnostics }) => diagnostics);
  const errors = all.filter(({ severity }) => severity === 'error').length;
  const checked = counted(files.length, 'file');
  if (all.length === 0) return `${checked}: ${paint(paper, 'green', 'nothing is wrong')}`;
  const parts = [
    ...(errors === 0 ? [] : [counted(errors, 'error')]),
    ...(errors === all.length ? [] : [counted(all.length - errors, 'warning')]),
  ];
  return `${checked}: ${paint(paper, errors === 0 ? 'yellow' : 'red', parts.join(', '))}`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
