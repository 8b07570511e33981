// What the command line and benchmarks may use of the simulator.

export type { SimReport } from './report.ts';
export { faultNames, parseFaults, type SimChoices, type SimProgram, simPrograms, simulate } from './run.ts';
export { type SwarmSimOptions, type SwarmSimReport, simulateSwarm } from './swarm.ts';
