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
  {
    code: 4001,
    name: 'journal-corrupt',
    meaning: 'A record in the middle of the journal does not match its checksum, although later ones do.',
    remedy:
      'Do not start this node again on these files. Check the disk, then replace the home by a fresh one that catches up from its peers.',
  },
  {
    code: 4002,
    name: 'journal-segment-missing',
    meaning: 'A segment of the journal is missing between others.',
    remedy:
      'Put the file back if it was moved; otherwise replace the home by a fresh one that catches up from its peers.',
  },
  {
    code: 4003,
    name: 'journal-format-unknown',
    meaning: 'The journal was written in a format that this version does not know.',
    remedy: 'Start the version that wrote it, or a newer one.',
  },
  {
    code: 4004,
    name: 'journal-foreign',
    meaning: 'A segment belongs to another shard.',
    remedy: 'Files of two homes were mixed. Restore each home to its own files.',
  },
  {
    code: 4005,
    name: 'journal-write-failed',
    meaning: 'The disk refused to write or sync the journal, so the node stopped before anything depended on it.',
    remedy: 'Look at the disk (space, health, permissions), then start the node again.',
  },
  {
    code: 4006,
    name: 'journal-overrun',
    meaning: 'The disk fell so far behind that the journal stopped taking records.',
    remedy: 'Check the disk and what else uses it, then start the node again.',
  },
  {
    code: 4007,
    name: 'journal-record-unavailable',
    meaning: 'The journal no longer, or not yet, has this record.',
    remedy: 'Ask a node that keeps the whole archive (retain = all).',
  },
  {
    code: 4010,
    name: 'shard-locked',
    meaning: 'Another process has this shard open.',
    remedy: 'Stop the other process, or give this one a home of its own.',
  },
  {
    code: 4011,
    name: 'shard-engine-unavailable',
    meaning: 'The store of this shard was made by an engine that does not run here.',
    remedy: 'Start with Node 20, or move the data with `psky migrate-store`.',
  },
  {
    code: 4012,
    name: 'shard-engine-mismatch',
    meaning: 'The store of this shard was made by another engine than the one that was asked for.',
    remedy: 'Leave the engine setting out, or move the data with `psky migrate-store`.',
  },
  {
    code: 4013,
    name: 'shard-format-newer',
    meaning: 'The shard was written by a newer version.',
    remedy: 'Start that version or a newer one; older ones cannot read it.',
  },
  {
    code: 4014,
    name: 'shard-manifest-bad',
    meaning: 'The manifest of the shard cannot be read.',
    remedy: 'Restore data/<shard>/manifest.json from a backup, or replace the home by a fresh one.',
  },
  {
    code: 4015,
    name: 'shard-disk-failed',
    meaning: 'A disk operation failed while the shard was open.',
    remedy: 'Look at the disk (space, health, permissions), then start the node again.',
  },
  {
    code: 4016,
    name: 'low-disk',
    meaning: 'Free disk space is below the threshold, so nothing new is admitted.',
    remedy: 'Free some space; admission starts again by itself.',
  },
  {
    code: 4017,
    name: 'lease-lost',
    meaning: 'A newer opening of this shard exists, so this one no longer writes.',
    remedy: 'Use the process that opened the shard last.',
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
