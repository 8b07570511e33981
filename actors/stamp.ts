// How much of each journal something rests on: one position per shard. Every actor has one; it grows with what the actor
// persists and with the stamps of the messages it receives, so that it covers all causes of what the actor does next.
// Stamps are never changed, only replaced, and so are shared between actors and messages without copying.

/** By the shard's index; a missing entry or `nothing` rests on nothing in that shard. */
export type Stamp = readonly number[];

export const nothing = -1;
export const noStamp: Stamp = [];

/** The least stamp that covers both; one of the two where it does. */
export function mergeStamps(a: Stamp, b: Stamp): Stamp {
  if (a === b || covers(a, b)) return a;
  if (covers(b, a)) return b;
  const merged: number[] = [];
  for (let shard = 0; shard < Math.max(a.length, b.length); shard++) {
    merged.push(Math.max(a[shard] ?? nothing, b[shard] ?? nothing));
  }
  return merged;
}

function covers(a: Stamp, b: Stamp): boolean {
  for (let shard = 0; shard < b.length; shard++) {
    if ((b[shard] as number) > (a[shard] ?? nothing)) return false;
  }
  return true;
}

export function stampOf(shard: number, position: number): Stamp {
  const stamp: number[] = [];
  while (stamp.length < shard) stamp.push(nothing);
  stamp.push(position);
  return stamp;
}
