// The events of the machines that come out of a description, by their names. `quote.decide`: the phase quote has gone on to
// decide; for a fork, to where its branches meet. `quote.timeout` and `quote.error` are its other ways out.

import type { Move } from '../graph.ts';

export function moveEvent(move: Move): string {
  if ('branches' in move) return `${move.from}.${move.kind}.${move.join}`;
  return `${move.from}.${move.kind === 'hop' ? move.to : move.kind}`;
}

/** a hop to a phase of one's own has come */
export const enterEvent = (phase: string): string => `enter.${phase}`;

/** what one's own phase did came too late: its branch was closed meanwhile */
export const refusedEvent = (phase: string): string => `${phase}.refused`;

/** one is told that the process has ended there */
export const endEvent = (end: string): string => `end.${end}`;

/** the members that a broadcast waits for have all answered */
export const metEvent = (join: string): string => `met.${join}`;

/** the instance has failed, or was cancelled: possible at every moment */
export const brokenEvents = ['failed', 'cancelled'] as const;
