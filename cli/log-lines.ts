// A line of a node's log for people: time, level, module, message, then the other fields.

interface LogLine {
  readonly ts?: string;
  readonly level?: string;
  readonly module?: string;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

const colours: Readonly<Record<string, number>> = { trace: 90, debug: 90, info: 36, warn: 33, error: 31 };

/** @returns the line itself when it is not one of ours */
export function formatLogLine(line: string, coloured: boolean): string {
  const parsed = parse(line);
  if (parsed === undefined) return line;
  const { ts = '', level = 'info', module = '', msg = '', node: _, ...fields } = parsed;
  const paint = (code: number, text: string): string =>
    coloured && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [
    paint(90, ts.slice(11, 23)),
    paint(colours[level] ?? 36, level.padEnd(5)),
    paint(90, module.padEnd(9)),
    msg,
    paint(90, rest.join(' ')),
  ]
    .filter((part) => part !== '')
    .join(' ')
    .trimEnd();
}

function parse(line: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
