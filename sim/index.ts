// What the command line, benchmarks and testing/ may use of the simulator.

import type { SwarmSimOptions, SwarmSimReport } from './swarm.ts';

export { countedRun, countingEffects } from './effect-counter.ts';
export { Machine, type SimProcess } from './machine.ts';
export type { SimReport } from './report.ts';
export { faultNames, parseFaults, type SimChoices, type SimProgram, simPrograms, simulate } from './run.ts';
export type { SwarmSimOptions, SwarmSimReport } from './swarm.ts';
export { World } from './world.ts';

/** Loaded when it is asked for: running choreographies takes schemas and sealing, which nothing else here does. */
export async function simulateSwarm(options: SwarmSimOptions): Promise<SwarmSimReport> {
  return (await import('./swarm.ts')).simulateSwarm(options);
}
