// What the command line and benchmarks may use of the simulator.

export { counterFaults, runCounter } from './counter.ts';
export { type FaultKind, faultKinds } from './faults.ts';
export type { SimReport } from './report.ts';
