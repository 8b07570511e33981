// Binds the log to pino: JSON lines with ts, level, module, msg and the fields given. Levels change per module while the
// process runs.

import { type DestinationStream, type Logger, pino } from 'pino';
import { type Log, type LogFields, type LogLevel, logLevels, logOf } from '../../lib/log.ts';

export interface PinoLogOptions {
  readonly level?: LogLevel;
  /** by module, e.g. `{ consensus: 'debug' }` */
  readonly levels?: Readonly<Record<string, LogLevel>>;
  /** where lines go; standard output by default */
  readonly destination?: DestinationStream;
  /** fields of every line, e.g. the node's name */
  readonly base?: LogFields;
}

export interface PinoLog {
  readonly log: Log;
  /** @param levels of modules that have one of their own; all others have `level` */
  setLevels(level: LogLevel, levels: Readonly<Record<string, LogLevel>>): void;
}

export function createPinoLog(options: PinoLogOptions = {}): PinoLog {
  let general: LogLevel = options.level ?? 'info';
  let own = new Map<string, LogLevel>(Object.entries(options.levels ?? {}));

  // pino itself writes everything that it is given: levels are decided here, so that they can change for all loggers of
  // a module without a list of them
  const settings = {
    level: 'trace',
    base: options.base === undefined ? null : { ...options.base },
    timestamp: () => `,"ts":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const root = options.destination === undefined ? pino(settings) : pino(settings, options.destination);

  const bind = (logger: Logger, module: string): Log => {
    const enabled = (level: LogLevel): boolean => rank[level] >= rank[own.get(module) ?? general];
    return logOf({
      enabled,
      write(level, message, fields) {
        if (!enabled(level)) return;
        if (fields === undefined) logger[level](message);
        else logger[level](fields, message);
      },
      child: (name, fields) => bind(root.child({ module: name, ...fields }), name),
    });
  };

  return {
    log: bind(root, ''),
    setLevels(level, levels) {
      general = level;
      own = new Map(Object.entries(levels));
    },
  };
}

const rank = Object.fromEntries(logLevels.map((level, i) => [level, i])) as Record<LogLevel, number>;
