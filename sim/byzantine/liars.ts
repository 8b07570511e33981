// The Byzantine validators of a run: each of those that it may lose has a character of its own, honest until a spell of
// misbehaving is dealt to it.

import type { World } from '../world.ts';
import type { Abroad } from './abroad.ts';
import { behaviourNames, Misbehaviour } from './misbehaviour.ts';

export interface LiarsOptions {
  readonly sacrificed: ReadonlySet<number>;
  /** what the same validators sign on other chains */
  readonly abroad: Abroad | undefined;
  /** of which each spell takes some; all that there are where absent */
  readonly behaviours: readonly string[] | undefined;
}

export class Liars {
  /** how often each behaviour did something, by its name */
  readonly deeds: Record<string, number> = {};
  readonly #world: World;
  readonly #characters: ReadonlyMap<number, Misbehaviour>;

  constructor(world: World, { sacrificed, abroad, behaviours = behaviourNames }: LiarsOptions) {
    this.#world = world;
    this.#characters = new Map(
      [...sacrificed].map((index) => {
        const random = world.random.protocol.fork(`byzantine ${index}`);
        return [index, new Misbehaviour({ random, abroad, behaviours, deeds: this.deeds })];
      }),
    );
  }

  /** @returns undefined for a validator that never lies */
  of(index: number): Misbehaviour | undefined {
    return this.#characters.get(index);
  }

  misbehave(index: number, forMs: number): void {
    const liar = this.#characters.get(index);
    const spell = liar?.begin();
    this.#world.log(() => `v${index + 1} misbehaves: ${spell?.join(', ')}`);
    this.#world.after(forMs, () => liar?.endSpell(spell));
  }

  /** Of twins: whether they sign whatever the other may have signed. */
  setBrazen(index: number, brazen: boolean): void {
    const liar = this.#characters.get(index);
    if (liar !== undefined) liar.brazen = brazen;
  }

  endAll(): void {
    for (const liar of this.#characters.values()) liar.end();
  }
}
