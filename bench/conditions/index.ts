export { type Calibration, calibrate } from './calibration.ts';
export { type Conditions, conditions, type Machine } from './machine.ts';
