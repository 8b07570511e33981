// A value that is never printed: JSON, text and inspection show `[secret]`. Only `reveal` gives it away, so a search for
// that word lists every use.

const shown = '[secret]';

export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [Symbol.toPrimitive](): string {
    return shown;
  }

  /** the hook of node's util.inspect, which console and assertion messages use */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return shown;
  }
}
