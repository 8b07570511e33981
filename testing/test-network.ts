// A network of agents in one process and in virtual time: thirty days pass in a moment, messages are lost or come twice as
// the seed says, and processes die and come back when the test says so. The agents are the real ones.

import type { Ms } from '../lib/units.ts';
import type { Choreography } from '../swarms/index.ts';
import { type Implementation, type Interceptor, type Outcome, programOf } from '../swarms/run/index.ts';
import type { Faults } from './faults.ts';
import { Network } from './network.ts';

export interface TestNetworkOptions {
  /** role → what its application brings, as in run.ts */
  readonly agents?: Readonly<Record<string, Implementation>>;
  /** what looks at the phases, as in run.ts */
  readonly intercept?: readonly Interceptor[];
  /** decides about delays and faults; 1 where nothing is said */
  readonly seed?: number;
  /** shares of messages and of runs of phases, from 0 to 1 */
  readonly faults?: Faults;
}

export interface TestNetwork<Input> {
  /** Starts an instance. @returns its id, when it is durable that it has started */
  start(input: Input): Promise<string>;
  /** How the instance ended; virtual time passes until it has, a year at most. */
  outcome(id: string): Promise<Outcome>;
  /** both */
  run(input: Input): Promise<Outcome>;
  /** Virtual time passes. */
  advance(time: Ms): Promise<void>;
  /** The process of the role's agent dies, in the middle of whatever it does, and stays away until `restart`. */
  crash(role: string): void;
  restart(role: string): Promise<void>;
  cancel(id: string, reason: string): void;
  /** From now on it looks at the phases of all agents. @returns removes it */
  intercept(interceptor: Interceptor): () => void;
}

export async function testNetwork<Input>(
  choreography: Choreography<Input>,
  options: TestNetworkOptions = {},
): Promise<TestNetwork<Input>> {
  return Network.open(programOf(choreography as Choreography), options);
}
