// A Byzantine validator: an honest node whose words are changed on the way out, and which says things on its own. While
// nobody asks it to misbehave it is honest. What it does comes from the seed (CONSENSUS §12 lists the behaviours).

import type { Core, Output } from '../../consensus/core/index.ts';
import type { CoreHooks } from '../../consensus/index.ts';
import type { Random } from '../../lib/random.ts';
import { milliseconds } from '../../lib/units.ts';
import type { Transport } from '../../net/index.ts';
import type { SimProcess } from '../machine.ts';
import { type Abroad, foreignBehaviours } from './abroad.ts';
import { babblers } from './babble.ts';
import type { Behaviour, BehaviourMaker, Impostor } from './behaviour.ts';
import { frameBehaviours, lyingTransport } from './frames.ts';
import { laneBehaviours } from './lanes.ts';
import { leaderBehaviours } from './leader.ts';
import { voterBehaviours } from './voter.ts';

const makers: Readonly<Record<string, BehaviourMaker>> = {
  ...leaderBehaviours,
  ...voterBehaviours,
  ...laneBehaviours,
  ...babblers,
  ...foreignBehaviours,
  ...frameBehaviours,
};

export const behaviourNames: readonly string[] = Object.keys(makers);

export interface MisbehaviourOptions {
  readonly random: Random;
  readonly abroad: Abroad | undefined;
  readonly behaviours: readonly string[];
  /** how often each behaviour did something, by its name: counted here */
  readonly deeds: Record<string, number>;
}

interface Active {
  readonly name: string;
  readonly behaviour: Behaviour;
}

export class Misbehaviour {
  /** of twins: signs whatever the other may have signed */
  brazen = false;
  #options: MisbehaviourOptions;
  /** dealt like cards, so that each comes before any comes again */
  #deck: string[] = [];
  #spell: readonly string[] | undefined;
  #active: readonly Active[] = [];
  /** of the lives that run now: two where there are twins */
  #impostors = new Set<Impostor>();

  constructor(options: MisbehaviourOptions) {
    this.#options = options;
  }

  get honest(): boolean {
    return this.#active.length === 0 && !this.brazen;
  }

  /** A new spell, in place of the one before. @returns its one to four behaviours, by which it can be ended */
  begin(): readonly string[] {
    const { random, behaviours } = this.#options;
    this.end();
    if (this.#deck.length === 0) this.#deck = random.shuffle(behaviours);
    const spell = this.#deck.splice(0, 1 + random.below(4));
    this.#active = spell.map((name) => ({ name, behaviour: (makers[name] as BehaviourMaker)(random) }));
    this.#spell = spell;
    return spell;
  }

  /** Ends this spell, where another has not taken its place. */
  endSpell(spell: readonly string[] | undefined): void {
    if (spell === this.#spell) this.end();
  }

  end(): void {
    for (const each of this.#active)
      for (const impostor of this.#impostors) each.behaviour.end?.(this.#counting(each, impostor));
    this.#active = [];
    this.#spell = undefined;
  }

  /** for one life of the node */
  hooks(process: SimProcess): CoreHooks {
    const { random, abroad } = this.#options;
    const { clock } = process;
    let me: Impostor | undefined;
    const forget = (): void => {
      if (me !== undefined) this.#impostors.delete(me);
    };
    process.onDeath(forget);
    return {
      started: (core, perform) => {
        const impostor: Impostor = {
          ...{ core, random, abroad, perform },
          peers: peersOf(core),
          after: (ms, run) => void clock.after(milliseconds(ms), run),
        };
        forget();
        me = impostor;
        this.#impostors.add(impostor);
        if (this.brazen) beShameless(core);
        const act = (): void => {
          if (me !== impostor) return;
          for (const each of this.#active) each.behaviour.act?.(this.#counting(each, impostor));
          clock.after(milliseconds(random.between(5, 80)), act);
        };
        act();
      },
      stepped: (core, outputs) => {
        const impostor = me;
        if (impostor === undefined || this.honest) return outputs;
        beShameless(core);
        return this.#active.reduce(
          (given, each) => given.flatMap((output) => this.#changed(each, output, impostor)),
          outputs,
        );
      },
    };
  }

  transport(transport: Transport): Transport {
    const { random } = this.#options;
    return lyingTransport(transport, random, (next, channel) => {
      const liars = this.#active.filter(({ behaviour }) => behaviour.frames !== undefined);
      if (liars.length === 0) return [];
      const { name, behaviour } = random.pick(liars);
      this.#deed(name);
      return behaviour.frames?.(next, random, channel) ?? [];
    });
  }

  #changed({ name, behaviour }: Active, output: Output, as: Impostor): readonly Output[] {
    const changed = behaviour.change?.(output, as);
    if (changed !== undefined) this.#deed(name);
    return changed ?? [output];
  }

  #counting({ name }: Active, as: Impostor): Impostor {
    return {
      ...as,
      perform: (outputs) => {
        this.#deed(name);
        as.perform(outputs);
      },
    };
  }

  #deed(name: string): void {
    const { deeds } = this.#options;
    deeds[name] = (deeds[name] ?? 0) + 1;
  }
}

/**
 * Its peers return what it signed as a liar, and after a restart its honest half would find that its journal is old (D5).
 * A liar does not mind; else it would lie in its first life only.
 */
function beShameless(core: Core): void {
  core.fenced = undefined;
  core.awaitingHellos = undefined;
}

const peersOf = (core: Core): readonly number[] =>
  Array.from({ length: core.committee.n }, (_, index) => index).filter((index) => index !== core.me);
