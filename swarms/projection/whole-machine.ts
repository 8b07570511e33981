// One state machine for the whole process. A phase is a state; a fork is a parallel state with a region per branch, which
// is left when enough of them have arrived. Names of phases have no spaces; those of all other states do. A running instance is this machine.

import { type AnyStateMachine, assign, initialTransition, type StateValue, setup, transition } from 'xstate';
import { needed } from '../check/forks.ts';
import type { Description } from '../description.ts';
import { type Frame, frameKey, framesOf, framesOfMove, type Stack } from '../frames.ts';
import { endOf, everyMember, type Move, movesOf, phaseOf, phasesOf } from '../graph.ts';
import { brokenEvents, metEvent, moveEvent } from './events.ts';

type Fork = Extract<Move, { branches: unknown }>;

export type { StateValue };

/** how many branches of each open fork have arrived */
interface WholeContext {
  readonly arrivals: Readonly<Record<string, number>>;
}

/** @param description one that passes the check */
export function wholeMachine(description: Description): AnyStateMachine {
  const builder = new WholeBuilder(description);
  const machine = setup({
    types: { context: {} as WholeContext, events: {} as { readonly type: string } },
    actions: {
      opens: assign(({ context }, { fork }: { fork: string }) => ({ arrivals: { ...context.arrivals, [fork]: 0 } })),
      arrives: assign(({ context }, { fork }: { fork: string }) => ({
        arrivals: { ...context.arrivals, [fork]: (context.arrivals[fork] ?? 0) + 1 },
      })),
    },
    guards: {
      enough: ({ context }, { fork, need }: { fork: string; need: number }) => (context.arrivals[fork] ?? 0) >= need,
    },
  });
  return machine.createMachine({
    id: machineId(description),
    initial: description.start,
    context: { arrivals: {} },
    states: { ...builder.states([]), ...endStates(description), ...brokenStates },
    on: brokenMoves,
  } as never) as unknown as AnyStateMachine;
}

/**
 * @param moves names of events.ts, as the records of an instance have them
 * @returns the value of the machine's state; undefined where it has no such move
 */
export function stateAfter(description: Description, moves: readonly string[]): StateValue | undefined {
  const machine = wholeMachine(description);
  let [snapshot] = initialTransition(machine);
  for (const type of moves) {
    if (!snapshot.can({ type })) return undefined;
    [snapshot] = transition(machine, snapshot, { type });
  }
  return snapshot.value as StateValue;
}

export const machineId = ({ name }: Description): string => name.replace(/[^A-Za-z0-9]/g, '_');

/** every way that an instance can end without an end of its own */
export const brokenStates = Object.fromEntries(brokenEvents.map((event) => [`instance ${event}`, { type: 'final' }]));
export const brokenMoves = Object.fromEntries(brokenEvents.map((event) => [event, `.instance ${event}`]));

function endStates(description: Description): Record<string, object> {
  const ends = Object.keys(description.phases).filter((name) => endOf(description, name) !== undefined);
  return Object.fromEntries(ends.map((name) => [name, { id: name, type: 'final' }]));
}

const forkState = (fork: Fork): string => `${fork.from} ${fork.kind} ${fork.join}`;

class WholeBuilder {
  readonly #description: Description;
  readonly #stacks: ReadonlyMap<string, Stack>;

  constructor(description: Description) {
    this.#description = description;
    this.#stacks = framesOf(description).stacks;
  }

  /** All states of one branch, or of the process outside of branches. */
  states(stack: Stack): Record<string, object> {
    const here = phasesOf(this.#description).filter(([name]) => sameStack(this.#stacks.get(name), stack));
    const states: Record<string, object> = {};
    for (const [name, phase] of here) {
      const moves = movesOf(name, phase);
      states[name] = {
        id: name,
        meta: { at: phase.at },
        on: Object.fromEntries(moves.map((move) => [moveEvent(move), `#${this.#targetOf(move, stack)}`])),
      };
      for (const move of moves) if ('branches' in move) states[forkState(move)] = this.#forkState(move, stack);
    }
    return states;
  }

  #targetOf(move: Move, stack: Stack): string {
    if ('branches' in move) return forkState(move);
    const top = stack.at(-1);
    return top !== undefined && top.join === move.to ? arrivedState(top) : move.to;
  }

  #forkState(fork: Fork, stack: Stack): object {
    const rule = phaseOf(this.#description, fork.join)?.join ?? 'all';
    const frames = framesOfMove(fork);
    const key = forkState(fork);
    const need = needed(rule, frames.length);
    const regions = frames.map((frame) => {
      const { first } = frame;
      const arrived = arrivedState(frame);
      const initial = first === fork.join || endOf(this.#description, first) !== undefined ? arrived : first;
      const arrival = { id: arrived, entry: { type: 'arrives', params: { fork: key } } };
      return [
        frame.branch === everyMember ? 'members' : frame.branch,
        { initial, states: { ...this.states([...stack, frame]), [arrived]: arrival } },
      ];
    });
    const meets =
      fork.kind === 'broadcast'
        ? { on: { [metEvent(fork.join)]: `#${fork.join}` } }
        : { always: { guard: { type: 'enough', params: { fork: key, need } }, target: `#${fork.join}` } };
    return {
      id: key,
      type: 'parallel',
      entry: { type: 'opens', params: { fork: key } },
      states: Object.fromEntries(regions),
      ...meets,
    };
  }
}

const arrivedState = ({ fork, branch, join }: Frame): string =>
  `${branch === everyMember ? 'members' : branch} of ${fork} at ${join}`;

function sameStack(a: Stack | undefined, b: Stack): boolean {
  return a !== undefined && a.length === b.length && a.every((frame, i) => frameKey(frame) === frameKey(b[i] as Frame));
}
