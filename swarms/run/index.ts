// Running choreographies: the agents that execute them, and what becomes of an instance.

export {
  AgentHost,
  type AgentHostOptions,
  type AgentHostWorld,
  type AgentProgram,
  type StartOptions,
} from './agent-host.ts';
export { agentOf } from './agent-keys.ts';
export type { HopEntry } from './book.ts';
export type { Kept } from './kept.ts';
export { MemoryStore } from './memory-store.ts';
export { type Hop, hopOf, type Outcome, type SwarmError } from './outcome.ts';
export type { Implementation, PhaseContext } from './phase-runner.ts';
export type { AgentCard, AgentKeys, Courier, Directory, SwarmStore } from './ports.ts';
export { type Program, programOf, unrunnableRoles } from './program.ts';
export type { Run } from './run-file.ts';
