// The figures of a run, in commands.

export interface Counts {
  /** due by the schedule so far */
  offered: number;
  accepted: number;
  committed: number;
  /** by a node, before or after it accepted them, or never sent or answered: see `reasons` */
  refused: number;
  /** of `refused`, those that a node had accepted before */
  refusedAfterAccepted: number;
  /** slug or own word (`not-sent`, `unanswered`) → commands */
  reasons: Record<string, number>;
  /** frames that were sent once more because their validator never answered */
  resentFrames: number;
  frames: number;
  reconnects: number;
}

export const noCounts = (): Counts => ({
  offered: 0,
  accepted: 0,
  committed: 0,
  refused: 0,
  refusedAfterAccepted: 0,
  reasons: {},
  resentFrames: 0,
  frames: 0,
  reconnects: 0,
});

export function addCounts(sum: Counts, more: Counts): void {
  sum.offered += more.offered;
  sum.accepted += more.accepted;
  sum.committed += more.committed;
  sum.refused += more.refused;
  sum.refusedAfterAccepted += more.refusedAfterAccepted;
  sum.resentFrames += more.resentFrames;
  sum.frames += more.frames;
  sum.reconnects += more.reconnects;
  for (const [reason, count] of Object.entries(more.reasons)) sum.reasons[reason] = (sum.reasons[reason] ?? 0) + count;
}

/** Accepted, and neither committed nor refused. */
export function openCommands(counts: Counts): number {
  return counts.accepted - counts.committed - counts.refusedAfterAccepted;
}
