// What the records of an instance tell: the phases that it has gone through and by which ways, which runs took effect, and
// who must know how much of it. For whoever looks at many instances; who took part has verified the records.

import type { Bytes } from '../../lib/bytes.ts';
import { phaseOf } from '../graph.ts';
import { Book } from './book.ts';
import type { Program } from './program.ts';
import { decodeBody, decodeRecord } from './record.ts';

/** A way out of a phase. */
export interface Way {
  readonly from: string;
  readonly to: string;
  readonly by: 'hop' | 'timeout' | 'error';
}

export interface Journey {
  readonly phases: readonly string[];
  readonly ways: readonly Way[];
  /** the end that was reached, by its name in the description */
  readonly end: string | null;
  readonly over: boolean;
  readonly failed: boolean;
  /** runs that took effect, also those that were undone */
  readonly done: readonly { readonly run: number; readonly role: string }[];
  /** role → how many records it must have */
  readonly owed: ReadonlyMap<string, number>;
}

/** @returns undefined where the records do not form a chain */
export function journeyOf({ description, hash }: Program, records: readonly Bytes[]): Journey | undefined {
  const book = new Book(description, hash, () => true);
  const ways: Way[] = [];
  for (const raw of records) {
    const record = decodeRecord(raw);
    if (record === undefined) return undefined;
    const told = book.moves.length;
    if (book.add(raw, record) !== undefined) return undefined;
    const body = decodeBody(record.kind, record.body);
    const turn = body?.kind === 'turn' && body.turn.fault === null ? body.turn : undefined;
    const from = turn === undefined ? undefined : book.tokens.run(turn.run)?.phase;
    if (turn !== undefined && from !== undefined)
      for (const to of new Set([turn.to, ...turn.branches.map((each) => each.to)])) ways.push({ from, to, by: 'hop' });
    // the first move of a turn is its hop
    for (const move of book.moves.slice(from === undefined ? told : told + 1)) {
      const way = otherWay(description, move);
      if (way !== undefined) ways.push(way);
    }
  }
  const done = book.tokens.done.map((run) => ({ run, role: book.tokens.run(run)?.role ?? '' }));
  const phases = book.hops.map(({ phase }) => phase);
  return { phases, ways, end: book.end, over: book.over, failed: book.life === 'failed', done, owed: book.owed };
}

function otherWay(description: Program['description'], move: string): Way | undefined {
  const [from = '', by] = move.split('.');
  const phase = phaseOf(description, from);
  const to = by === 'timeout' ? phase?.onTimeout : by === 'error' ? phase?.onError : undefined;
  return to == null || (by !== 'timeout' && by !== 'error') ? undefined : { from, to, by };
}

/** Every way out of every phase that the description knows. */
export function waysOf({ description }: Program): readonly Way[] {
  return Object.entries(description.phases).flatMap(([from, phase]) =>
    phase.kind === 'end'
      ? []
      : [
          ...phase.next.map((to): Way => ({ from, to, by: 'hop' })),
          ...(phase.onTimeout === null ? [] : [{ from, to: phase.onTimeout, by: 'timeout' } as const]),
          ...(phase.onError === null ? [] : [{ from, to: phase.onError, by: 'error' } as const]),
        ],
  );
}
