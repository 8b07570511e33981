// The one adapter that runs an xstate machine as an actor. It uses xstate's pure transition functions: the machine says
// what should happen, as data, and the adapter turns that into effects. `after` timers become scheduled messages, so a
// machine is deterministic under a virtual clock. Each transition is noted for the observer.

import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type ContextFrom,
  type EventFromLogic,
  initialTransition,
  type StateValue,
  transition,
} from 'xstate';

// the drawings (diagram.ts) read a machine's definition by these types
export type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

import { assert } from '../lib/assert.ts';
import type { Ms } from '../lib/units.ts';
import type { Behavior, Effects, MailboxPolicy, Message } from './actor.ts';
import type { Address } from './address.ts';

/** What an action sees of its machine; the context is as it was when the action was due. */
export interface ActionArgs<M extends AnyStateMachine> {
  readonly context: ContextFrom<M>;
  readonly event: EventFromLogic<M>;
  /** what the machine gave the action with `{ type, params }` */
  readonly params: unknown;
}

export type MachineActions<M extends AnyStateMachine, In extends Message> = Readonly<
  Record<string, (args: ActionArgs<M>, effects: Effects<In>) => void>
>;

export interface MachineOptions<M extends AnyStateMachine, In extends Message> {
  /** Made with `setup()`. Actions are `assign`, `raise`, or names in `actions`; xstate actors are not run. */
  readonly machine: M;
  /** what each named action asks for; every name that the machine uses has one */
  readonly actions: MachineActions<M, In>;
  readonly mailbox: MailboxPolicy;
  /** by default the machine's id */
  readonly kind?: string;
  readonly input?: (self: Address) => unknown;
  /** what the observer sees of the context; by default all of it, in which secrets must have type Secret */
  readonly describe?: (context: ContextFrom<M>) => Readonly<Record<string, unknown>>;
  /** what to let go of when the actor stops or fails */
  readonly discard?: (context: ContextFrom<M>) => void;
}

/** The actor's state: where the machine stands. */
export interface MachineState {
  snapshot: AnyMachineSnapshot;
}

/**
 * A behaviour whose messages are the machine's events.
 * It stops by itself when the machine reaches a final state; an event that the machine does not take is ignored.
 */
export function machineBehavior<M extends AnyStateMachine, In extends Message = EventFromLogic<M> & Message>(
  options: MachineOptions<M, In>,
): Behavior<MachineState, In> {
  const { machine, actions, mailbox } = options;
  checkActions(machine, actions);
  const behavior: Behavior<MachineState, In> = {
    kind: options.kind ?? machine.id,
    mailbox,
    start(self, effects) {
      const [snapshot, due] = initialTransition(machine, options.input?.(self) as never) as [
        AnyMachineSnapshot,
        unknown,
      ];
      const event = { type: 'start' } as EventFromLogic<M>;
      performActions(options, effects, due as readonly DueAction[], event);
      afterStep(options, effects, { from: '', event: 'start', to: snapshot });
      return { snapshot };
    },
    receive(state, message, effects) {
      const before = state.snapshot;
      const event = message as unknown as EventFromLogic<M>;
      const [snapshot, due] = transition(machine, before as never, event) as [AnyMachineSnapshot, readonly DueAction[]];
      // xstate gives the same snapshot back where no transition was enabled
      if (snapshot === before && due.length === 0) return;
      state.snapshot = snapshot;
      performActions(options, effects, due, event);
      afterStep(options, effects, { from: stateName(before.value), event: message.type, to: snapshot });
    },
    describe: ({ snapshot }) => ({
      state: stateName(snapshot.value),
      context: options.describe?.(snapshot.context) ?? snapshot.context,
    }),
  };
  const { discard } = options;
  return discard === undefined ? behavior : { ...behavior, discard: ({ snapshot }) => discard(snapshot.context) };
}

/** `a`, nested `a.b`, parallel `a.(b|c.d)` without the outer brackets */
export function stateName(value: StateValue): string {
  if (typeof value === 'string') return value;
  const parts = Object.entries(value).map(([name, inner]) => {
    if (inner === undefined || (typeof inner === 'object' && Object.keys(inner).length === 0)) return name;
    const below = stateName(inner);
    return `${name}.${below.includes('|') ? `(${below})` : below}`;
  });
  return parts.join('|');
}

/** An action as xstate hands it out: named by the machine, or one of its own. */
interface DueAction {
  readonly type: string;
  readonly params: unknown;
  readonly info: { readonly context: unknown; readonly event: unknown };
}

/** The actions that a machine may name but `setup` does not resolve by itself, found before the first of them is due. */
function checkActions(machine: AnyStateMachine, actions: Readonly<Record<string, unknown>>): void {
  for (const [name, implementation] of Object.entries(machine.implementations.actions)) {
    const resolvedByXstate = typeof implementation === 'function' && 'resolve' in implementation;
    assert(resolvedByXstate || name in actions, `machine ${machine.id}: the action ${name} has an effect`);
  }
}

function performActions<M extends AnyStateMachine, In extends Message>(
  { machine, actions }: MachineOptions<M, In>,
  effects: Effects<In>,
  due: readonly DueAction[],
  cause: EventFromLogic<M>,
): void {
  for (const { type, params, info } of due) {
    const named = actions[type];
    if (named !== undefined) {
      const event = (info.event ?? cause) as EventFromLogic<M>;
      named({ context: info.context as ContextFrom<M>, event, params }, effects);
    } else if (type === 'xstate.raise') scheduleRaised(effects, params as Raised);
    else if (type === 'xstate.cancel') effects.cancel(timerKey((params as { sendId: string }).sendId));
    else assert(false, `machine ${machine.id}: the adapter can perform ${type}`);
  }
}

interface Raised {
  readonly event: Message;
  readonly id: string | undefined;
  readonly delay: number | undefined;
}

/** Only delayed events come out of a step; others are raised within it. */
function scheduleRaised<In extends Message>(effects: Effects<In>, { event, id, delay }: Raised): void {
  effects.schedule(timerKey(id ?? event.type), (delay ?? 0) as Ms, event as In);
}

const timerKey = (id: string): string => `machine:${id}`;

interface Step {
  readonly from: string;
  readonly event: string;
  readonly to: AnyMachineSnapshot;
}

function afterStep<M extends AnyStateMachine, In extends Message>(
  { machine }: MachineOptions<M, In>,
  effects: Effects<In>,
  { from, event, to }: Step,
): void {
  effects.note({ transition: machine.id, from, event, to: stateName(to.value) });
  if (to.status === 'error') throw to.error;
  if (to.status === 'done') effects.stop(effects.self);
}
