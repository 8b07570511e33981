// Text on a terminal: colours only where the output has them (never with NO_COLOR), widths without them, words wrapped.

import { stripVTControlCharacters, styleText } from 'node:util';
import { Help } from 'commander';

type Style = Parameters<typeof styleText>[0];

export interface Paper {
  readonly coloured: boolean;
  /** of a line */
  readonly columns: number;
}

/** A pipe or a file is as wide as it needs to be. */
export function paperOf(stream: NodeJS.WriteStream): Paper {
  if (stream.isTTY !== true) return { coloured: false, columns: Number.POSITIVE_INFINITY };
  return { coloured: stream.hasColors(), columns: stream.columns };
}

let isRead = true;

/** A reader that goes away (`psky logs -f | head`) is no failure: what only tells stops, what works goes on. */
export function noticeReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (stream === process.stdout) isRead = false;
    });
  }
}

/** Whether somebody may still read standard output: whoever goes on telling asks in between. */
export function stillRead(): boolean {
  return isRead;
}

export function paint(paper: Paper, style: Style, text: string): string {
  // whether it is for a terminal is decided already; newer Nodes would decide again
  return paper.coloured && text !== '' ? styleText(style, text, { validateStream: false }) : text;
}

export function visibleWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}

export function wrapWords(paper: Paper, text: string): string {
  return Number.isFinite(paper.columns) ? new Help().boxWrap(text, paper.columns) : text;
}

/** @returns 40 s, 3 min, 5 h or 2 d: the whole ones of the greatest unit that fits */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
