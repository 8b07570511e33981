// What the command line, benchmarks and testing/ may use of the simulator.

export { Machine, type SimProcess } from './machine.ts';
export type { SimReport } from './report.ts';
export { faultNames, parseFaults, type SimChoices, type SimProgram, simPrograms, simulate } from './run.ts';
export { type SwarmSimOptions, type SwarmSimReport, simulateSwarm } from './swarm.ts';
export { World } from './world.ts';
