// In which branches of which forks a phase lies. A fork opens a frame for each branch, the phase at which they meet closes
// it, and an end closes all: so every phase has one stack of frames, or the forks of the process are tangled.

import { present } from '../lib/assert.ts';
import type { Description } from './description.ts';
import { type Move, movesOf, phaseOf } from './graph.ts';

/** One branch of one fork, as it is open. */
export interface Frame {
  readonly fork: string;
  readonly branch: string;
  readonly join: string;
  readonly broadcast: boolean;
  /** of all branches that were opened together */
  readonly together: readonly string[];
  /** where the branch begins */
  readonly first: string;
}

export type Stack = readonly Frame[];

export interface Frames {
  /** of each phase that is reached from the start */
  readonly stacks: ReadonlyMap<string, Stack>;
  /** a phase that is reached in one branch and out of it, or in two */
  readonly tangled: readonly { readonly phase: string; readonly from: string }[];
  /** a move to a phase that joins, by something that its fork did not open */
  readonly stray: readonly { readonly from: string; readonly to: string }[];
  /** branches (by `frameKey`) in which some phase arrives where they meet */
  readonly arriving: ReadonlySet<string>;
}

export const frameKey = ({ fork, branch, join, together }: Frame): string =>
  JSON.stringify([fork, branch, join, together]);
const stackKey = (stack: Stack): string => stack.map(frameKey).join();

export function framesOf(description: Description): Frames {
  const stacks = new Map<string, Stack>();
  const tangled: { phase: string; from: string }[] = [];
  const stray: { from: string; to: string }[] = [];
  const arriving = new Set<string>();
  const open: string[] = [];

  const enter = (from: string, to: string, stack: Stack): void => {
    const phase = phaseOf(description, to);
    if (phase === undefined) return;
    let inside = stack;
    if (phase.join !== null) {
      const top = stack.at(-1);
      if (top === undefined || top.join !== to) return void stray.push({ from, to });
      arriving.add(frameKey(top));
      inside = stack.slice(0, -1);
    }
    const known = stacks.get(to);
    if (known === undefined) {
      stacks.set(to, inside);
      open.push(to);
    } else if (stackKey(known) !== stackKey(inside)) tangled.push({ phase: to, from });
  };

  enter('', description.start, []);
  while (open.length > 0) {
    const name = present(open.pop(), 'there is one');
    const stack = present(stacks.get(name), 'it was entered');
    const phase = present(phaseOf(description, name), 'only phases are entered');
    for (const move of movesOf(name, phase)) {
      if ('branches' in move) for (const frame of framesOfMove(move)) enter(name, frame.first, [...stack, frame]);
      else enter(name, move.to, stack);
    }
  }
  return { stacks, tangled, stray, arriving };
}

/** The frames that a fork or a broadcast opens. */
export function framesOfMove(move: Extract<Move, { branches: unknown }>): readonly Frame[] {
  return Object.entries(move.branches).map(([branch, first]) => ({
    fork: move.from,
    branch,
    join: move.join,
    broadcast: move.kind === 'broadcast',
    together: Object.keys(move.branches),
    first,
  }));
}
