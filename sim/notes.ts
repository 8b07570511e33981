// Where log lines and metrics of simulated nodes go: into the world's log, when somebody reads it.

import { type Address, type Note, type NoteSink } from '../actors/index.ts';
import { type Log, logOf } from '../lib/log.ts';
import { createMetrics } from '../lib/metrics.ts';
import type { World } from './world.ts';

/** The lines of one node in the world's log. */
export function simLog(world: World, node: string, module = ''): Log {
  return logOf({
    enabled: () => world.logs,
    write: (level, message, fields) =>
      world.log(() => `${node} ${level} ${module}: ${message} ${JSON.stringify(fields ?? {})}`),
    child: (name) => simLog(world, node, name),
  });
}

export function simNotes(world: World, node: string): NoteSink {
  const metrics = createMetrics();
  return {
    metrics,
    note(from: Address, _kind: string, note: Note): void {
      if (!('log' in note)) return;
      world.log(() => `${node} ${note.log} ${from}: ${note.message} ${JSON.stringify(note.fields ?? {})}`);
    },
  };
}
