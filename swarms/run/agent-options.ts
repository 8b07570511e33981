// What the host of an agent is given: the world that it lives in, who it is and what it executes, and what it starts.

import type { ActorSystem, Clock } from '../../actors/index.ts';
import type { Bytes } from '../../lib/bytes.ts';
import type { Log } from '../../lib/log.ts';
import type { Sealing } from '../../lib/suites/sealing.ts';
import type { SignatureSuite } from '../../lib/suites/suite.ts';
import type { HopEntry } from './book.ts';
import type { Interceptors } from './interceptors.ts';
import type { Implementation } from './phase-runner.ts';
import type { AgentCard, AgentKeys, Courier, Directory, SwarmStore } from './ports.ts';
import type { Program } from './program.ts';

export interface AgentHostWorld {
  readonly clock: Clock;
  readonly system: ActorSystem;
  /** of this agent alone */
  readonly store: SwarmStore;
  readonly courier: Courier;
  readonly directory: Directory;
  readonly suite: SignatureSuite;
  readonly sealing: Sealing;
  readonly secureRandom: (length: number) => Bytes;
  readonly log: Log;
}

export interface AgentHostOptions {
  readonly card: AgentCard;
  readonly keys: AgentKeys;
  /** what it executes, with what its application brings to each role */
  readonly programs: readonly AgentProgram[];
  /** what its owner has look at its phases, from the start; agents of one owner may share them */
  readonly interceptors?: Interceptors | undefined;
  /** each hop of the instances that it keeps, when it is durable */
  readonly onHop?: ((instance: string, hop: HopEntry) => void) | undefined;
  /** instances that it takes part in and that have not ended, fewer than the bound of limits.ts */
  readonly maxLive?: number | undefined;
}

export interface AgentProgram {
  readonly program: Program;
  readonly implementations: Readonly<Record<string, Implementation>>;
}

export interface StartOptions {
  readonly program: Program;
  /** role → agent */
  readonly bind: Readonly<Record<string, string>>;
  readonly input: unknown;
  /** one of one's own, so that starting again starts nothing new */
  readonly instance?: string;
}
