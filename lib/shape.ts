// Schemas of canonical tuples: a shape turns decoded msgpack into typed values, or says that it does not fit.
// Every message has one shape; `read` is the only way in, so inside the node values are trusted.

import type { Bytes } from './bytes.ts';
import type { Encodable } from './codec.ts';
import { type Hash, hashFromBytes, hashToBytes } from './hash.ts';

export const misfit: unique symbol = Symbol('misfit');
export type Misfit = typeof misfit;

export interface Shape<T> {
  /** @returns the typed value, or `misfit` */
  read(value: Encodable): T | Misfit;
  write(value: T): Encodable;
  /** what it is on the wire, in words, for documents of public interfaces */
  readonly form?: string;
  /** of a tuple, in the order of the wire */
  readonly fields?: Readonly<Record<string, { readonly form?: string }>>;
}

/** Unsigned integer in [0, max]; terms and heights stay below 2^48. */
export function uint(max = 2 ** 48 - 1): Shape<number> {
  return {
    read: (value) => (typeof value === 'number' && value <= max ? value : misfit),
    write: (value) => value,
    form: max === 2 ** 48 - 1 ? 'integer' : `integer ≤ ${max}`,
  };
}

export const bool: Shape<boolean> = {
  read: (value) => (typeof value === 'boolean' ? value : misfit),
  write: (value) => value,
};

export function bytes(max: number, min = 0): Shape<Bytes> {
  return {
    read: (value) => (value instanceof Uint8Array && value.length <= max && value.length >= min ? value : misfit),
    write: (value) => value,
    form: `≤ ${max} bytes`,
  };
}

export function text(maxCharacters: number): Shape<string> {
  return {
    read: (value) => (typeof value === 'string' && value.length <= maxCharacters ? value : misfit),
    write: (value) => value,
    form: `text, ≤ ${maxCharacters} characters`,
  };
}

export const hash: Shape<Hash> = {
  read: (value) => (value instanceof Uint8Array && value.length === 32 ? hashFromBytes(value) : misfit),
  write: hashToBytes,
  form: '32 bytes',
};

export function optional<T>(inner: Shape<T>): Shape<T | null> {
  return {
    read: (value) => (value === null ? null : inner.read(value)),
    write: (value) => (value === null ? null : inner.write(value)),
    form: `${formOf(inner)}, or nil`,
  };
}

export function list<T>(inner: Shape<T>, maxLength: number): Shape<readonly T[]> {
  return {
    read(value) {
      if (!Array.isArray(value) || value.length > maxLength) return misfit;
      const items: T[] = [];
      for (const element of value as readonly Encodable[]) {
        const item = inner.read(element);
        if (item === misfit) return misfit;
        items.push(item);
      }
      return items;
    },
    write: (items) => items.map((item) => inner.write(item)),
    form: `list of ≤ ${maxLength}: ${formOf(inner)}`,
  };
}

/** An object on our side, an array in the order of `fields` on the wire. */
export function tuple<T extends object>(fields: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const names = Object.keys(fields) as (keyof T)[];
  return {
    read(value) {
      if (!Array.isArray(value) || value.length !== names.length) return misfit;
      const object: Partial<T> = {};
      for (let i = 0; i < names.length; i++) {
        const name = names[i] as keyof T;
        const field = fields[name].read(value[i] as Encodable);
        if (field === misfit) return misfit;
        object[name] = field;
      }
      return object as T;
    },
    write: (object) => names.map((name) => fields[name].write(object[name])),
    form: `list: ${names.map(String).join(', ')}`,
    fields,
  };
}

const formOf = (shape: { readonly form?: string }): string => shape.form ?? 'a value';
