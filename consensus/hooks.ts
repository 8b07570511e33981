// Where a simulator looks into a chain, and where it makes a validator misbehave. The engine calls these hooks when its
// options have them; production has none.

import type { Core, Output } from './core/index.ts';

export interface CoreHooks {
  /**
   * Once per life, when recovery is complete and before the first step.
   * @param perform acts on outputs as if the core had asked for them now
   */
  started?(core: Core, perform: (outputs: readonly Output[]) => void): void;
  /**
   * After every step of the core, before its outputs are performed.
   * @returns what the engine performs in their place: an observer returns them as they came, and changes nothing
   */
  stepped?(core: Core, outputs: readonly Output[]): readonly Output[];
}
