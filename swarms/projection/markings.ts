// Everything that can be going on in a process at once. A marking says which phases are active and which branches wait
// where they meet; `explore` walks from the first marking through every move. The machines of the roles are made of it.

import { present } from '../../lib/assert.ts';
import { needed } from '../check/forks.ts';
import type { Description } from '../description.ts';
import { type Frame, type Frames, frameKey, framesOf, framesOfMove } from '../frames.ts';
import { endOf, type Move, movesOf, phaseOf } from '../graph.ts';
import { maxMarkings } from '../limits.ts';

export interface Marking {
  /** sorted; a phase is active once at most, since it lies in one branch */
  readonly active: readonly string[];
  /** keys of the branches that have arrived and wait for others, sorted */
  readonly arrived: readonly string[];
  /** the end that was reached; then nothing is active */
  readonly ended: string | null;
}

export interface Transition {
  readonly from: number;
  readonly to: number;
  readonly move: Move;
  /** phases that became active by it */
  readonly entered: readonly string[];
}

export interface Space {
  readonly markings: readonly Marking[];
  readonly transitions: readonly Transition[];
}

/** @returns undefined beyond `maxMarkings` */
export function explore(description: Description): Space | undefined {
  const frames = framesOf(description);
  const markings: Marking[] = [];
  const transitions: Transition[] = [];
  const indexOf = new Map<string, number>();
  const add = (marking: Marking): number => {
    const key = JSON.stringify(marking);
    const known = indexOf.get(key);
    if (known !== undefined) return known;
    indexOf.set(key, markings.length);
    return markings.push(marking) - 1;
  };
  add({ active: [description.start], arrived: [], ended: null });
  for (let from = 0; from < markings.length; from++) {
    if (markings.length > maxMarkings) return undefined;
    const marking = present(markings[from], 'it was added');
    for (const name of marking.active) {
      const phase = present(phaseOf(description, name), 'active phases exist');
      for (const move of movesOf(name, phase)) {
        const next = follow(description, frames, marking, move);
        const entered = next.active.filter((each) => each === name || !marking.active.includes(each));
        transitions.push({ from, to: add(next), move, entered: entered.filter((each) => isTarget(move, each)) });
      }
    }
  }
  return { markings, transitions };
}

/** A phase that stays active was not entered by the move; the move's own targets and its join were. */
function isTarget(move: Move, name: string): boolean {
  return 'branches' in move ? Object.values(move.branches).includes(name) || name === move.join : name === move.to;
}

function follow(description: Description, frames: Frames, marking: Marking, move: Move): Marking {
  const active = new Set(marking.active);
  const arrived = new Set(marking.arrived);
  const enter = (to: string, frame: Frame | undefined): string | undefined => {
    if (endOf(description, to) !== undefined) return to;
    const join = phaseOf(description, to)?.join ?? null;
    if (join === null || frame === undefined) active.add(to);
    else {
      arrived.add(frameKey(frame));
      const together = frame.together.map((branch) => frameKey({ ...frame, branch }));
      const count = together.filter((each) => arrived.has(each)).length;
      if (count >= (frame.broadcast ? 1 : needed(join, together.length))) {
        close(together);
        active.add(to);
      }
    }
    return undefined;
  };
  /** whatever still goes on in these branches stops */
  const close = (keys: readonly string[]): void => {
    for (const name of active) {
      if (stackOf(frames, name).some((each) => keys.includes(frameKey(each)))) active.delete(name);
    }
    for (const key of arrived) {
      const [fork] = JSON.parse(key) as [string];
      if (keys.includes(key) || stackOf(frames, fork).some((each) => keys.includes(frameKey(each))))
        arrived.delete(key);
    }
  };
  active.delete(move.from);
  const stack = stackOf(frames, move.from);
  const ends =
    'branches' in move ? framesOfMove(move).map((frame) => enter(frame.first, frame)) : [enter(move.to, stack.at(-1))];
  const ended = ends.find((each) => each !== undefined);
  if (ended !== undefined) return { active: [], arrived: [], ended };
  return { active: [...active].sort(), arrived: [...arrived].sort(), ended: null };
}

const stackOf = (frames: Frames, name: string): readonly Frame[] => frames.stacks.get(name) ?? [];
