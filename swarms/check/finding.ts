// What a rule of the checker says: an error of lib/errors.ts, the place in the description, and words for this one case.

import type { ErrorName } from '../../lib/errors.ts';
import type { Description } from '../description.ts';

export interface Finding {
  readonly name: ErrorName;
  /** e.g. `['phases', 'quote', 'next', 'decide']`; the reader of the source knows the place, or that of what holds it */
  readonly at: readonly string[];
  readonly message: string;
  readonly suggestion: string;
}

/** Pure; a description in, what is wrong with it out. */
export type Rule = (description: Description) => readonly Finding[];

/** `'a', 'b' or 'c'` */
export function oneOf(names: readonly string[]): string {
  return listed(names, 'or');
}

function allOf(names: readonly string[]): string {
  return listed(names, 'and');
}

function listed(names: readonly string[], word: string): string {
  const quoted = names.map((each) => `'${each}'`);
  const last = quoted.pop() ?? '';
  return quoted.length === 0 ? last : `${quoted.join(', ')} ${word} ${last}`;
}

/** `did you mean 'paid'?`, or what there is to choose from */
export function nearest(name: string, known: readonly string[]): string {
  const close = known.find((each) => distance(name.toLowerCase(), each.toLowerCase()) <= Math.max(1, name.length / 3));
  if (close !== undefined) return `Did you mean '${close}'?`;
  return known.length === 0
    ? 'There are none yet.'
    : `There ${known.length === 1 ? 'is' : 'are'} ${allOf(known.slice(0, 8))}.`;
}

/** How many letters to add, drop or change. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
