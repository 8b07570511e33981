// What an observer sees of the actors: `psky inspect actors`. Reads only; a `describe` that throws is shown as such.

import type { Description } from './actor.ts';
import type { ActorDetail, ActorReport } from './actor-system.ts';
import type { Cell } from './cell.ts';
import type { Runtime } from './runtime.ts';
import { shown } from './shown.ts';

export function reportOf(cell: Cell): ActorReport {
  return reportWith(cell, descriptionOf(cell));
}

export function detailOf(cell: Cell): ActorDetail {
  const description = descriptionOf(cell);
  return {
    ...reportWith(cell, description),
    children: [...cell.children].map((child) => child.address),
    strategy: cell.supervision.strategy,
    context: description.context === undefined ? null : (shown(description.context) as Description['context'] & object),
  };
}

function reportWith(cell: Cell, description: Description): ActorReport {
  return {
    address: cell.address,
    kind: cell.behavior.kind,
    life: cell.phase === 'failed' ? 'failed' : 'running',
    state: description.state ?? null,
    parent: cell.parent?.address ?? null,
    shard: cell.shard?.name ?? null,
    mailboxDepth: cell.mailbox.depth,
    mailboxCapacity: cell.mailbox.capacity,
    turns: cell.turns,
    restarts: cell.restarts,
    lastError: cell.lastError,
  };
}

function descriptionOf(cell: Cell): Description {
  if (!cell.hasState) return {};
  try {
    return cell.behavior.describe?.(cell.state) ?? {};
  } catch (error) {
    return { context: { describeFailed: String(error) } };
  }
}

/** Reads off the values that change with every message and are not worth counting with every message. */
export function refreshMetrics(runtime: Runtime): void {
  const { metrics } = runtime;
  metrics.clear('psky_actor_actors');
  metrics.clear('psky_actor_mailbox_messages');
  for (const cell of runtime.cells.values()) {
    const labels = { kind: cell.behavior.kind };
    metrics.series('psky_actor_actors', labels).add();
    metrics.series('psky_actor_mailbox_messages', labels).add(cell.mailbox.depth);
  }
  const gate = runtime.gate.report();
  metrics.gauge('psky_gate_waiting_frames', gate.waitingFrames);
  metrics.gauge('psky_gate_waiting_bytes', gate.waitingBytes);
  metrics.gauge('psky_gate_abandoned_outlets', gate.abandonedOutlets);
}
