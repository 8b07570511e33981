// Writes docs/errors: a page per row of lib/errors.ts and a list of all. `npm run error-pages` brings them up to date, and
// test/tidy tells when they are not.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ErrorRow, errorRows, formatErrorCode } from '../lib/errors.ts';

const families = [
  'Command line and configuration',
  'Commands and ledger',
  'Network and interfaces',
  'Storage',
  'Consensus',
  'Choreographies',
] as const;

/** @returns file name → text */
export function errorPages(): ReadonlyMap<string, string> {
  const rows: readonly ErrorRow[] = [...errorRows].sort((a, b) => a.code - b.code);
  const pages = new Map(rows.map((row) => [`${formatErrorCode(row.code)}.md`, pageOf(row)]));
  pages.set('README.md', listOf(rows));
  return pages;
}

function pageOf(row: ErrorRow): string {
  return `# ${formatErrorCode(row.code)} ${row.name}

**What happened.** ${row.meaning}

**What to do.** ${row.remedy}

Receipts store the number ${row.code}; logs and metrics use \`${row.name}\`. [All errors](README.md)
`;
}

function listOf(rows: readonly ErrorRow[]): string {
  const sections = families.map((title, i) => {
    const lines = rows
      .filter((row) => Math.floor(row.code / 1000) === i + 1)
      .map((row) => {
        const code = formatErrorCode(row.code);
        return `| [${code}](${code}.md) | \`${row.name}\` | ${row.meaning} |`;
      });
    return lines.length === 0
      ? ''
      : `## ${title}\n\n| Code | Name | What happened |\n|---|---|---|\n${lines.join('\n')}\n`;
  });
  return `# Errors

Every error that a user, an operator or a client can meet has a stable code. Exit codes of \`psky\`: 0 ok, 1 error, 2 usage,
70 an invariant is broken, 73 storage cannot be written, 75 try again, 78 bad configuration, 130 and 143 forced by a second signal.

${sections.filter((each) => each !== '').join('\n')}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = join('docs', 'errors');
  mkdirSync(folder, { recursive: true });
  const pages = errorPages();
  for (const name of readdirSync(folder)) if (!pages.has(name)) rmSync(join(folder, name));
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
}
