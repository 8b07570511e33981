// What a verb prints. With --json standard output carries one JSON line (one per event with --follow) and nothing else;
// without it, text for people. Progress and remarks go to standard error, bars only on a terminal.

import cliProgress from 'cli-progress';
import type { ErrorName } from '../lib/errors.ts';
import { exitCodeOf } from './exit.ts';
import { asKnown } from './remote-error.ts';
import { visibleWidth } from './terminal.ts';

/** how long something may take before a person wants to see that it moves */
const patienceMs = 2_000;

export class Output {
  readonly json: boolean;

  constructor(json: boolean) {
    this.json = json;
  }

  /** The verb's answer: the object for programs, the text for people. */
  result(value: object, text: string): void {
    writeLine(1, this.json ? JSON.stringify(value) : text);
  }

  /** For people only; nothing in JSON mode. */
  remark(text: string): void {
    if (!this.json) writeLine(2, text);
  }

  /** @returns the exit code */
  failure(error: unknown): number {
    const known = asKnown(error);
    const { code, name, message, remedy } = known.toJSON();
    if (this.json) writeLine(1, JSON.stringify({ error: { code, name, message, remedy } }));
    else writeLine(2, `${code} ${message}\n${remedy}`);
    return exitCodeOf(known.row.name as ErrorName);
  }

  /** What takes longer than two seconds says what it is. */
  async waiting<T>(title: string, work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.remark(`${title} …`), patienceMs);
    return work.finally(() => clearTimeout(timer));
  }

  /** Shows that work goes on, from two seconds after it began; `report` moves it, `end` takes the bar away. */
  progress(title: string, total: number): Progress {
    return !this.json && process.stderr.isTTY === true ? new Bar(title, total) : new Lines(this, title, total);
  }
}

function writeLine(file: 1 | 2, text: string): void {
  const stream = file === 1 ? process.stdout : process.stderr;
  stream.write(`${text}\n`);
}

export interface Progress {
  report(done: number, detail?: string): void;
  end(): void;
}

class Bar implements Progress {
  readonly #bar: cliProgress.SingleBar;
  readonly #total: number;
  readonly #began = Date.now();
  #shown = false;

  constructor(title: string, total: number) {
    this.#total = total;
    this.#bar = new cliProgress.SingleBar({
      format: `${title} {bar} {value}/{total} {detail}`,
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      stream: process.stderr,
    });
  }

  report(done: number, detail = ''): void {
    if (!this.#shown && Date.now() - this.#began > patienceMs) {
      this.#shown = true;
      this.#bar.start(this.#total, done, { detail });
    }
    if (this.#shown) this.#bar.update(done, { detail });
  }

  end(): void {
    if (this.#shown) this.#bar.stop();
  }
}

/** Off a terminal: a plain line now and then. */
class Lines implements Progress {
  readonly #output: Output;
  readonly #title: string;
  readonly #total: number;
  #lastLine = Date.now();

  constructor(output: Output, title: string, total: number) {
    this.#output = output;
    this.#title = title;
    this.#total = total;
  }

  report(done: number, detail = ''): void {
    if (Date.now() - this.#lastLine < patienceMs) return;
    this.#lastLine = Date.now();
    this.#output.remark(`${this.#title} ${done}/${this.#total} ${detail}`.trimEnd());
  }

  end(): void {}
}

/** `amount` with a unit that fits, e.g. 3.2 MiB */
export function formatBytes(amount: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = amount;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Columns padded to their widest cell; those marked in `right` end alike, the others begin alike. Colours take no room. */
export function formatTable(rows: readonly (readonly string[])[], right: readonly boolean[] = []): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, visibleWidth(cell))));
  const padded = (cell: string, i: number): string => {
    const space = ' '.repeat((widths[i] ?? 0) - visibleWidth(cell));
    return right[i] === true ? space + cell : cell + space;
  };
  return rows.map((row) => row.map(padded).join('  ').trimEnd()).join('\n');
}
