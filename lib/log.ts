// The log as the rooms see it. A driver binds it to a real one; nothing here touches the world.

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  /** whether a line of this level would be written; saves building costly fields */
  enabled(level: LogLevel): boolean;
  write(level: LogLevel, message: string, fields?: LogFields): void;
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log of its own level; `fields` are on each of its lines. */
  child(module: string, fields?: LogFields): Log;
}

const nothing = (): void => {};

export const silentLog: Log = {
  enabled: () => false,
  write: nothing,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLog,
};

/** Builds a Log from its two primitive operations. */
export function logOf(primitives: Pick<Log, 'enabled' | 'write' | 'child'>): Log {
  const at =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void =>
      primitives.write(level, message, fields);
  return {
    ...primitives,
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}
