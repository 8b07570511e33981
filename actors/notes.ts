// Joins a log and a registry of metrics into the sink that a system of actors writes its notes to.

import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { NoteSink } from './actor-system.ts';

/** Each kind of actor is a module of the log; its lines carry the actor's address. */
export function createNoteSink({ log, metrics }: { readonly log: Log; readonly metrics: Metrics }): NoteSink {
  const logs = new Map<string, Log>();
  const logOf = (kind: string): Log => {
    let known = logs.get(kind);
    if (known === undefined) {
      known = log.child(kind);
      logs.set(kind, known);
    }
    return known;
  };
  return {
    metrics,
    note(from, kind, note) {
      if ('log' in note) {
        const module = logOf(kind);
        if (module.enabled(note.log)) module.write(note.log, note.message, { ...note.fields, actor: from });
      } else if ('count' in note) metrics.count(note.count, note.by, note.labels);
      else if ('gauge' in note) metrics.gauge(note.gauge, note.value, note.labels);
      else if ('observe' in note) metrics.observe(note.observe, note.value, note.labels);
    },
  };
}
