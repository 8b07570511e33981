// The language of choreographies, and what becomes of a description.

export { type Builder, type Choreography, type Head, type SwarmName, swarm } from './language.ts';
export {
  agent,
  between,
  chain,
  client,
  group,
  only,
  type Role,
  type Roles,
  shared,
  type Variable,
} from './parties.ts';
export { atLeast, type End, type EndSpec, end, type JoinRule, never, type Phase, type PhaseSpec } from './phases.ts';
export type { Broadcast, Fork, Go, Hop, Step } from './steps.ts';
