// Running choreographies: the agents that execute them, and what becomes of an instance.

export { type Description, parseDescription } from '../description.ts';
export { AgentHost } from './agent-host.ts';
export { agentOf } from './agent-keys.ts';
export type { AgentHostOptions, AgentHostWorld, AgentProgram, StartOptions } from './agent-options.ts';
export { type Audit, type AuditFault, auditInstance, type Copy, machineOf } from './audit.ts';
export type { Book, HopEntry, Life } from './book.ts';
export { loadFirstRecord, loadInstance, nextInstance, type StoredInstance } from './instance-rows.ts';
export { type Interceptor, Interceptors, type PhaseSeen, type PhaseVerdict } from './interceptors.ts';
export { type Journey, journeyOf, type Way, waysOf } from './journey.ts';
export type { Kept } from './kept.ts';
export { MemoryStore } from './memory-store.ts';
export { type Hop, hopOf, type Outcome, type Story, type SwarmError, storyOf } from './outcome.ts';
export type { Implementation, PhaseContext } from './phase-runner.ts';
export type { AgentCard, AgentKeys, Courier, Directory, SwarmStore } from './ports.ts';
export { descriptionHash, type Program, programOf, unrunnableRoles } from './program.ts';
export type { Run } from './run-file.ts';
export { startIn } from './start.ts';
