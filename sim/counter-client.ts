// A client of the durable counter: it increments one by one, each under the next number, and repeats what is not answered.

import type { ActorSystem } from '../actors/index.ts';
import { milliseconds } from '../lib/units.ts';
import { type Counted, counterAddress, type Increment } from './counter-actor.ts';
import type { World } from './world.ts';

const answerTimeoutMs = 300;

export class CounterClient {
  answered = 0;
  #world: World;
  #name: string;
  #system: () => ActorSystem | undefined;
  #waiting = false;
  #draining = false;

  constructor(world: World, name: string, system: () => ActorSystem | undefined) {
    this.#world = world;
    this.#name = name;
    this.#system = system;
  }

  get idle(): boolean {
    return !this.#waiting;
  }

  begin(): void {
    this.#world.after(this.#world.random.workload.between(0, 20), () => this.#next());
  }

  drain(): void {
    this.#draining = true;
  }

  #next(): void {
    if (this.#draining) return;
    this.#waiting = true;
    this.#send(this.answered + 1);
  }

  #send(id: number): void {
    if (id !== this.answered + 1) return;
    const { workload } = this.#world.random;
    this.#world.after(workload.between(0.05, 2), () => this.#ask(id));
    this.#world.after(answerTimeoutMs, () => this.#send(id));
  }

  #ask(id: number): void {
    const increment: Increment = { type: 'increment', client: this.#name, id };
    this.#system()?.ask(counterAddress, increment, milliseconds(answerTimeoutMs), (outcome) => {
      if (!outcome.ok) return;
      const { newestId } = outcome.value as Counted;
      // the answer travels too, and the process that gave it may be dead when it arrives
      this.#world.after(this.#world.random.workload.between(0.05, 2), () => this.#answer(id, newestId));
    });
  }

  #answer(id: number, newestId: number): void {
    if (newestId < id)
      return this.#world.violated(
        'no answered increment is lost',
        `${this.#name}: ${newestId} is the newest, not ${id}`,
      );
    if (id !== this.answered + 1) return;
    this.answered = id;
    this.#waiting = false;
    this.begin();
  }
}
