// What other rooms may use of actors/. Drivers (real clock, pino) are imported by drivers.ts, cli, test and bench directly.

export type {
  Asker,
  Behavior,
  Description,
  Effects,
  EmitOptions,
  MailboxPolicy,
  Message,
  Note,
  Overflow,
  SpawnOptions,
  Supervision,
  Ticket,
} from './actor.ts';
export type {
  ActorDetail,
  ActorReport,
  ActorSystem,
  ActorSystemOptions,
  AskFault,
  Delivery,
  GateReport,
  NoteSink,
  SystemReport,
} from './actor-system.ts';
export { type Address, address, parseAddress } from './address.ts';
export type { DeadLetter, DeadLetterReason, DeadLetters } from './dead-letters.ts';
export { diagramOf, diagramPage } from './diagram.ts';
export {
  type DurableAck,
  type DurableMessage,
  type DurableOptions,
  type DurableState,
  durableBehavior,
  type Post,
} from './durable.ts';
export { type ActorLimits, actorLimits } from './limits.ts';
export {
  type ActionArgs,
  type AnyStateMachine,
  type MachineActions,
  type MachineOptions,
  type MachineState,
  machineBehavior,
  stateName,
} from './machine.ts';
export { createNoteSink } from './notes.ts';
export type { Clock, Outlet, Position, Timer, TurnLog } from './ports.ts';
export { shown } from './shown.ts';
export { createActorSystem } from './system.ts';
export type {
  TransitionNote,
  TransitionPage,
  TransitionRecord,
  TransitionRing,
  TransitionSubscription,
} from './transitions.ts';
export { createTransitionRing } from './transitions.ts';
export { turnRecordKind } from './turn-record.ts';
export { createTurnRecords, type TurnRecords } from './turn-records.ts';
