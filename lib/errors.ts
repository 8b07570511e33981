// Every error that a user, an operator or a client can meet: one row each. Receipts store the number, logs and metric
// labels use the slug, and docs/errors/ has a page per row.

export interface ErrorRow {
  readonly code: number;
  readonly name: string;
  /** what happened, in one sentence */
  readonly meaning: string;
  /** what to do next */
  readonly remedy: string;
}

/** 0 is success. 1xxx command line and configuration, 2xxx commands and ledger, 3xxx network, 4xxx storage, 5xxx consensus. */
export const errorRows = [
  {
    code: 1001,
    name: 'bad-usage',
    meaning: 'The command line cannot be understood.',
    remedy: 'Run the command with --help.',
  },
] as const satisfies readonly ErrorRow[];

export type ErrorName = (typeof errorRows)[number]['name'];

const rowOf = new Map<string, ErrorRow>(errorRows.map((row) => [row.name, row]));
const rowOfCode = new Map<number, ErrorRow>(errorRows.map((row) => [row.code, row]));

export function errorRow(name: ErrorName): ErrorRow {
  return rowOf.get(name) as ErrorRow;
}

export function errorRowOfCode(code: number): ErrorRow | undefined {
  return rowOfCode.get(code);
}

/** PSKY-nnnn, the form that users see */
export function formatErrorCode(code: number): string {
  return `PSKY-${String(code).padStart(4, '0')}`;
}

/** An error with a stable code, thrown only where a program (command line, client) ends with it. */
export class PskyError extends Error {
  readonly row: ErrorRow;
  constructor(name: ErrorName, detail?: string) {
    const row = errorRow(name);
    super(detail === undefined ? row.meaning : `${row.meaning} ${detail}`);
    this.name = 'PskyError';
    this.row = row;
  }
  toJSON(): { code: string; name: string; message: string; remedy: string } {
    return {
      code: formatErrorCode(this.row.code),
      name: this.row.name,
      message: this.message,
      remedy: this.row.remedy,
    };
  }
}
