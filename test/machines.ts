// Every state machine of the product, for the drawings in docs/machines/. A room that exports a machine adds it here.

import type { AnyStateMachine } from '../actors/index.ts';
import { chainMachine, validatorMachine } from '../consensus/index.ts';
import { peerMachine } from '../net/index.ts';
import { shardMachine } from '../storage/index.ts';

export interface DrawnMachine {
  /** the page is docs/machines/<name>.md */
  readonly name: string;
  readonly machine: AnyStateMachine;
}

export const machines: readonly DrawnMachine[] = [
  { name: 'chain', machine: chainMachine },
  { name: 'peer', machine: peerMachine },
  { name: 'shard', machine: shardMachine },
  { name: 'validator', machine: validatorMachine },
];
