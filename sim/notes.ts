// Where log lines and metrics of simulated nodes go: into the world's log, when somebody reads it.

import { type Address, type Note, type NoteSink } from '../actors/index.ts';
import { createMetrics } from '../lib/metrics.ts';
import type { World } from './world.ts';

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
