// A line of a node's log: which ones are asked for, and how it looks to people: time, member, level, module, message, fields.

import { type LogLevel, logLevels } from '../lib/log.ts';
import { type Paper, paint } from './terminal.ts';

const wordsOfLine = ['ts', 'level', 'module', 'msg'] as const;

interface LogLine extends Readonly<Partial<Record<(typeof wordsOfLine)[number], string>>> {
  readonly [field: string]: unknown;
}

export interface LogFilter {
  /** this one and more serious ones */
  readonly level?: LogLevel;
  /** `net` means net/peer too; empty: all */
  readonly modules: readonly string[];
  /** milliseconds since 1970 */
  readonly sinceMs?: number;
}

/** A line that is not one of ours has no level, module or instant: it passes only where nothing is asked for. */
export function passesFilter(line: string, filter: LogFilter): boolean {
  const { level, modules, sinceMs } = filter;
  if (level === undefined && modules.length === 0 && sinceMs === undefined) return true;
  const parsed = parseLogLine(line);
  if (parsed === undefined) return false;
  if (level !== undefined && rankOf(parsed.level) < rankOf(level)) return false;
  if (sinceMs !== undefined && !(Date.parse(parsed.ts ?? '') >= sinceMs)) return false;
  const { module = '' } = parsed;
  return modules.length === 0 || modules.some((each) => module === each || module.startsWith(`${each}/`));
}

/** One that we do not know is as serious as can be. */
function rankOf(level: string | undefined): number {
  const rank = logLevels.findIndex((each) => each === level);
  return rank < 0 ? logLevels.length : rank;
}

/** How a line is shown. */
export interface LogStyle {
  readonly paper: Paper;
  /** node id → name, for fields that mention nodes */
  readonly names: ReadonlyMap<string, string>;
  /** whose line it is, where there are several members */
  readonly label?: { readonly name: string; readonly width: number; readonly index: number };
}

const levelColours = { trace: 'dim', debug: 'dim', info: 'cyan', warn: 'yellow', error: 'red' } as const;
const labelColours = ['magenta', 'blue', 'green', 'cyan', 'yellow'] as const;

/** @returns the line itself, after its label, when it is not one of ours */
export function formatLogLine(line: string, style: LogStyle): string {
  const { paper, label } = style;
  const colour = labelColours[(label?.index ?? 0) % labelColours.length] ?? 'blue';
  const whose = label === undefined ? [] : [paint(paper, colour, label.name.padEnd(label.width))];
  const parsed = parseLogLine(line);
  if (parsed === undefined) return [...(label === undefined ? [] : [' '.repeat(12)]), ...whose, line].join(' ');
  const { ts = '', level = 'info', module = '', msg = '', node: _, ...fields } = parsed;
  const serious = rankOf(level) >= rankOf('warn');
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${shown(value, style.names)}`);
  return [
    paint(paper, 'dim', ts.slice(11, 23).padEnd(12)),
    ...whose,
    paint(paper, levelColours[level as LogLevel] ?? 'red', level.padEnd(5)),
    paint(paper, 'dim', module.padEnd(9)),
    serious ? paint(paper, 'bold', msg) : msg,
    paint(paper, 'dim', rest.join(' ')),
  ]
    .join(' ')
    .trimEnd();
}

/** Nodes by their names; other hashes and keys are told apart by their first digits. */
function shown(value: unknown, names: LogStyle['names']): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/\b[0-9a-f]{64}\b/g, (hash) => names.get(hash) ?? `${hash.slice(0, 8)}…`);
}

/** @returns undefined for a line that is not one of ours */
export function parseLogLine(line: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isLogLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isLogLine(value: unknown): value is LogLine {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return wordsOfLine.every((name) => fields[name] === undefined || typeof fields[name] === 'string');
}
