// A Byzantine validator: an honest node whose words are changed on the way out, and which says things on its own. While
// nobody asks it to misbehave it is honest. What it does comes from the seed (CONSENSUS §12 lists the behaviours).

import type { Clock } from '../../actors/index.ts';
import type { Core, Output } from '../../consensus/core/index.ts';
import type { CoreHooks } from '../../consensus/index.ts';
import type { Random } from '../../lib/random.ts';
import { milliseconds } from '../../lib/units.ts';
import { babblers } from './babble.ts';
import type { Behaviour, BehaviourMaker, Impostor } from './behaviour.ts';
import { laneBehaviours } from './lanes.ts';
import { leaderBehaviours } from './leader.ts';
import { voterBehaviours } from './voter.ts';

const makers: Readonly<Record<string, BehaviourMaker>> = {
  ...leaderBehaviours,
  ...voterBehaviours,
  ...laneBehaviours,
  ...babblers,
};

export const behaviourNames: readonly string[] = Object.keys(makers);

export interface Misbehaviour {
  /** @param names which behaviours; by default the seed picks one to four. @returns their names */
  begin(names?: readonly string[]): readonly string[];
  end(): void;
  /** for one life of the node */
  hooks(clock: Clock): CoreHooks;
}

export function createMisbehaviour(random: Random): Misbehaviour {
  let active: readonly Behaviour[] = [];
  return {
    begin(names = random.shuffle(behaviourNames).slice(0, 1 + random.below(4))) {
      active = names.map((name) => (makers[name] as BehaviourMaker)(random));
      return names;
    },
    end() {
      active = [];
    },
    hooks(clock) {
      let impostor: Impostor | undefined;
      return {
        started(core, perform) {
          const me: Impostor = {
            core,
            random,
            perform,
            peers: peersOf(core),
            after: (ms, run) => void clock.after(milliseconds(ms), run),
          };
          impostor = me;
          const act = (): void => {
            for (const behaviour of active) behaviour.act?.(me);
            clock.after(milliseconds(random.between(5, 80)), act);
          };
          act();
        },
        stepped(_, outputs) {
          const me = impostor;
          if (me === undefined || active.length === 0) return outputs;
          return active.reduce(
            (given, behaviour) => given.flatMap((output) => changed(behaviour, output, me)),
            outputs,
          );
        },
      };
    },
  };
}

function changed(behaviour: Behaviour, output: Output, as: Impostor): readonly Output[] {
  return behaviour.change?.(output, as) ?? [output];
}

const peersOf = (core: Core): readonly number[] =>
  Array.from({ length: core.committee.n }, (_, index) => index).filter((index) => index !== core.me);
