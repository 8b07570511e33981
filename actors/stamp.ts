// How much of each journal something rests on: one position per journal. Every actor has one; it grows with what the actor
// persists and with the stamps of the messages it receives, so that it covers all causes of what the actor does next.
// Stamps are never changed, only replaced, and so are shared between actors and messages without copying.

/** By the journal's index; a missing entry or `nothing` rests on nothing in that journal. */
export type Stamp = readonly number[];

export const nothing = -1;
export const noStamp: Stamp = [];

/** The least stamp that covers both; one of the two where it does. */
export function mergeStamps(a: Stamp, b: Stamp): Stamp {
  if (a === b || covers(a, b)) return a;
  if (covers(b, a)) return b;
  const merged: number[] = [];
  for (let journal = 0; journal < Math.max(a.length, b.length); journal++) {
    merged.push(Math.max(a[journal] ?? nothing, b[journal] ?? nothing));
  }
  return merged;
}

function covers(a: Stamp, b: Stamp): boolean {
  for (let journal = 0; journal < b.length; journal++) {
    if ((b[journal] as number) > (a[journal] ?? nothing)) return false;
  }
  return true;
}

export function stampOf(journal: number, position: number): Stamp {
  const stamp: number[] = [];
  while (stamp.length < journal) stamp.push(nothing);
  stamp.push(position);
  return stamp;
}
