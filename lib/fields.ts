// Strict reading of objects that people write (JSON, TOML): every field has a kind and a range, an unknown field is
// refused, and a fault names the place. Data from peers is msgpack and goes through shape.ts instead.

import { type Bytes, fromHex } from './bytes.ts';
import { ok, type Result, refused } from './result.ts';

export interface FieldFault {
  readonly code: 'missing' | 'unknown' | 'wrong-kind' | 'out-of-range' | 'duplicate' | 'unsafe-key' | 'not-parsable';
  /** e.g. `validators[2].signingKey` */
  readonly place: string;
  /** what was expected there */
  readonly message: string;
}

/** characters of a field's name in a fault; a longer one is a mistake that need not be repeated whole */
const maxShownName = 64;

class Refusal extends Error {
  readonly fault: FieldFault;
  constructor(fault: FieldFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** Ends the current `readFields` with a fault. */
export function refuseField(code: FieldFault['code'], place: string, message: string): never {
  throw new Refusal({ code, place, message });
}

/** Runs `read` over a parsed document; the first thing that does not fit is the fault. */
export function readFields<T>(document: unknown, read: (root: Fields) => T): Result<T, FieldFault> {
  try {
    const root = new Fields(document, '');
    const value = read(root);
    root.refuseOthers();
    return ok(value);
  } catch (error) {
    if (error instanceof Refusal) return refused(error.fault);
    throw error;
  }
}

/** One object of the document. Reading marks a field as known; `refuseOthers` refuses what nobody asked for. */
export class Fields {
  readonly place: string;
  private readonly values: Readonly<Record<string, unknown>>;
  private readonly known = new Set<string>();

  constructor(value: unknown, place: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      refuseField('wrong-kind', place === '' ? '(document)' : place, 'expected an object with named fields');
    }
    this.values = value as Readonly<Record<string, unknown>>;
    this.place = place;
  }

  at(name: string): string {
    const shown = name.length > maxShownName ? `${name.slice(0, maxShownName)}…` : name;
    return this.place === '' ? shown : `${this.place}.${shown}`;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.values, name);
  }

  text(name: string, pattern: RegExp, expected: string): string {
    const value = this.take(name);
    if (typeof value !== 'string') refuseField('wrong-kind', this.at(name), `expected ${expected}`);
    if (!pattern.test(value)) refuseField('out-of-range', this.at(name), `expected ${expected}`);
    return value;
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.take(name);
    const choice = choices.find((each) => each === value);
    if (choice === undefined) refuseField('out-of-range', this.at(name), `expected one of: ${choices.join(', ')}`);
    return choice;
  }

  flag(name: string): boolean {
    const value = this.take(name);
    if (typeof value !== 'boolean') refuseField('wrong-kind', this.at(name), 'expected true or false');
    return value;
  }

  whole(name: string, range: { readonly min: number; readonly max: number }): number {
    const value = this.take(name);
    return this.inRange(name, typeof value === 'number' ? value : Number.NaN, range);
  }

  /** A 64-bit number: decimal digits in a string, since JSON readers elsewhere round above 2^53. */
  wholeText(name: string, range: { readonly min: number; readonly max: number }): number {
    const value = this.take(name);
    const digits = typeof value === 'string' && /^(0|[1-9][0-9]{0,18})$/.test(value);
    return this.inRange(name, digits ? Number(value) : Number.NaN, range);
  }

  /** `length` bytes as lower-case hex */
  hex(name: string, length: number): Bytes {
    return parseHexField(this.take(name), length, this.at(name));
  }

  object<T>(name: string, read: (fields: Fields) => T): T {
    return readAll(new Fields(this.take(name), this.at(name)), read);
  }

  list<T>(name: string, maxLength: number, read: (value: unknown, place: string) => T): T[] {
    const value = this.take(name);
    if (!Array.isArray(value)) refuseField('wrong-kind', this.at(name), 'expected a list');
    if (value.length > maxLength) refuseField('out-of-range', this.at(name), `expected at most ${maxLength} entries`);
    return value.map((each, index) => read(each, `${this.at(name)}[${index}]`));
  }

  objects<T>(name: string, maxLength: number, read: (fields: Fields) => T): T[] {
    return this.list(name, maxLength, (value, place) => readAll(new Fields(value, place), read));
  }

  refuseOthers(): void {
    const names = [...this.known].join(', ');
    for (const name of Object.keys(this.values)) {
      if (!this.known.has(name)) refuseField('unknown', this.at(name), `there is no such field; known here: ${names}`);
    }
  }

  private take(name: string): unknown {
    this.known.add(name);
    if (!this.has(name)) refuseField('missing', this.at(name), 'this field is required');
    return this.values[name];
  }

  private inRange(name: string, value: number, range: { readonly min: number; readonly max: number }): number {
    if (!Number.isSafeInteger(value) || value < range.min || value > range.max) {
      refuseField('out-of-range', this.at(name), `expected a whole number from ${range.min} to ${range.max}`);
    }
    return value;
  }
}

function readAll<T>(fields: Fields, read: (fields: Fields) => T): T {
  const value = read(fields);
  fields.refuseOthers();
  return value;
}

export function parseHexField(value: unknown, length: number, place: string): Bytes {
  const bytes = typeof value === 'string' ? fromHex(value) : undefined;
  if (bytes === undefined || bytes.length !== length) {
    refuseField('wrong-kind', place, `expected ${2 * length} lower-case hex digits`);
  }
  return bytes;
}

/** Refuses two entries of a list with one name, key or address. */
export function refuseDuplicates<T>(
  entries: readonly T[],
  place: string,
  field: string,
  of: (entry: T) => string,
): void {
  const seen = new Set<string>();
  entries.forEach((entry, index) => {
    const value = of(entry);
    if (seen.has(value)) refuseField('duplicate', `${place}[${index}].${field}`, 'each entry needs one of its own');
    seen.add(value);
  });
}
