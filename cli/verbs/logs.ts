// psky logs: the logs of all members as one, filtered, and followed across rotations.

import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { PskyError } from '../../lib/errors.ts';
import { type LogLevel, logLevels } from '../../lib/log.ts';
import { exitCode } from '../exit.ts';
import { loadGenesis } from '../home/home.ts';
import { maxLogLines } from '../limits.ts';
import { formatLogLine, type LogFilter, parseLogLine, passesFilter } from '../log-lines.ts';
import { LogReader } from '../log-reader.ts';
import { paint, paperOf, stillRead } from '../terminal.ts';
import { addVerb, type Call, duration, type Finish, wholeNumber } from '../verb.ts';

const pollMs = 200;
const usualLines = 20;

export function addLogs(program: Command, finish: Finish): void {
  const spec = {
    words: 'logs',
    summary: 'print the end of the logs and, with --follow, what is added',
    options: [
      { flags: '-f, --follow', about: 'go on until interrupted' },
      {
        flags: '--lines <n>',
        about: `of each member (default: ${usualLines}; with --since ${maxLogLines})`,
        parse: wholeNumber({ min: 0, max: maxLogLines }),
      },
      { flags: '--level <level>', about: 'lines of this level and more serious ones', choices: logLevels },
      { flags: '--module <modules>', about: 'lines of these modules, separated by commas' },
      {
        flags: '--since <when>',
        about: 'lines from then on: an age such as 90s, 10m, 2h, or a date and time',
        parse: instant,
      },
    ],
    run: logs,
  };
  addVerb(program, spec, finish);
}

interface Member {
  readonly name: string;
  readonly index: number;
  readonly reader: LogReader;
}

async function logs(call: Call): Promise<number> {
  const members = [...call.members()].map(([name, home], index) => {
    return { name, index, reader: new LogReader(join(home.files.logs, 'node.log')) };
  });
  const filter = filterOf(call);
  const print = printerFor(call, members);
  const since = filter.sinceMs === undefined ? {} : { sinceMs: filter.sinceMs };
  const lines = call.number('lines', filter.sinceMs === undefined ? usualLines : maxLogLines);
  print(members, ({ reader }) => reader.last({ lines, ...since }, (line) => passesFilter(line, filter)));
  while (call.flag('follow') && stillRead()) {
    await new Promise((wake) => setTimeout(wake, pollMs));
    print(members, ({ reader }) => reader.fresh().filter((line) => passesFilter(line, filter)));
  }
  for (const { reader } of members) reader.close();
  return exitCode.ok;
}

function filterOf(call: Call): LogFilter {
  const level = call.text('level') as LogLevel | undefined;
  const since = call.number('since', Number.NaN);
  return {
    modules: (call.text('module') ?? '').split(',').filter((each) => each !== ''),
    ...(level === undefined ? {} : { level }),
    ...(Number.isNaN(since) ? {} : { sinceMs: since }),
  };
}

type Print = (members: readonly Member[], read: (member: Member) => readonly string[]) => void;

/** What was read in one go, in the order of the lines' instants; a line of its own where another day begins. */
function printerFor(call: Call, all: readonly Member[]): Print {
  const names = nodeNames(call);
  const width = Math.max(...all.map(({ name }) => name.length));
  let day = new Date().toISOString().slice(0, 10);
  return (members, read) => {
    const paper = paperOf(process.stdout);
    const lines = members.flatMap((member) =>
      read(member).map((line) => ({ member, line, ts: parseLogLine(line)?.ts ?? '' })),
    );
    // of a line without an instant only its place is known
    lines.forEach((each, i) => (each.ts ||= lines[i - 1]?.member === each.member ? (lines[i - 1]?.ts ?? '') : ''));
    lines.sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
    const text = lines.map(({ member, line, ts }) => {
      if (call.out.json) return `${line}\n`;
      const { name, index } = member;
      const shown = formatLogLine(line, { paper, names, ...(all.length > 1 ? { label: { name, width, index } } : {}) });
      if (ts === '' || ts.startsWith(day)) return `${shown}\n`;
      day = ts.slice(0, 10);
      return `${paint(paper, 'dim', `── ${day} ──`)}\n${shown}\n`;
    });
    process.stdout.write(text.join(''));
  };
}

/** By node id; nothing where the home has no genesis yet. */
function nodeNames(call: Call): ReadonlyMap<string, string> {
  try {
    return new Map(loadGenesis(call.home()).validators.map(({ nodeId, name }) => [nodeId, name]));
  } catch (error) {
    if (error instanceof PskyError && error.row.name === 'bad-genesis') return new Map(); // the log may say why
    throw error;
  }
}

/** @returns milliseconds since 1970 */
function instant(text: string): number {
  const hours = /^([0-9]+)(h|d)$/.exec(text);
  if (hours !== null) return Date.now() - Number(hours[1]) * (hours[2] === 'h' ? 3_600_000 : 86_400_000);
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  if (/^[0-9]/.test(text) && !text.includes('-')) return Date.now() - duration(text);
  throw new InvalidArgumentError(
    'Expected an age such as 90s, 10m or 2h, or a date and time such as 2026-01-31T12:00Z.',
  );
}
