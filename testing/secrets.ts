// Which texts and bytes are sealed in a run, and whether any of them is in clear where it may not be. What is also in a
// shared variable is no secret: a party may pass on what it knows.

import { type Bytes, fromUtf8 } from '../lib/bytes.ts';
import type { Program } from '../swarms/run/index.ts';
import { maxSecrets, secretBytes } from './limits.ts';

/** one character per byte, so that bytes are found in bytes as text in text */
const characters = new TextDecoder('latin1');
const asText = (bytes: Bytes): string => characters.decode(bytes);

export class Secrets {
  readonly #description: Program['description'];
  readonly #sealed = new Set<string>();
  readonly #open: Set<string>;

  constructor(description: Program['description']) {
    this.#description = description;
    this.#open = new Set([asText(fromUtf8(JSON.stringify(description)))]);
  }

  input(value: unknown): void {
    this.#add(value, this.#sealed);
  }

  /** @param state what a role sees after a run of a phase */
  state(state: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(state)) {
      const variable = this.#description.state[name];
      this.#add(value, variable?.visibility === 'shared' ? this.#open : this.#sealed);
    }
  }

  /** @returns how many of them `places` hold */
  leaksIn(places: Iterable<Bytes>): number {
    const open = [...this.#open];
    const secrets = [...this.#sealed].filter((secret) => !open.some((each) => each.includes(secret)));
    const found = new Set<string>();
    for (const place of places) {
      const text = asText(place);
      for (const secret of secrets) if (text.includes(secret)) found.add(secret);
    }
    return found.size;
  }

  /** Short ones are found everywhere by chance. */
  #add(value: unknown, to: Set<string>): void {
    if (to.size >= maxSecrets) return;
    if (typeof value === 'string' || value instanceof Uint8Array) {
      const bytes = typeof value === 'string' ? fromUtf8(value) : value;
      if (bytes.length >= secretBytes) to.add(asText(bytes));
      return;
    }
    if (typeof value !== 'object' || value === null || value instanceof Date) return;
    const parts = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
    for (const part of parts) this.#add(part, to);
  }
}
