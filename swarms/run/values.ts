// Values as they travel and are stored: everything that JSON has, and bytes, bigint, Date, undefined, Map, Set, every
// number and every string. What is read is what was written. A value of another sort is refused, with its place.

import type { Bytes } from '../../lib/bytes.ts';
import { type CodecLimits, decode, type Encodable, encode } from '../../lib/codec.ts';
import { ok, type Result, refused } from '../../lib/result.ts';
import { maxValueBytes, maxValueDepth, maxValueItems } from './limits.ts';

/** first item of a list: what the others are */
const tag = { list: 0, record: 1, number: 2, bigint: 3, date: 4, nothing: 5, map: 6, set: 7, text: 8 } as const;

export interface ValueFault {
  readonly name: 'swarm-value-unsupported' | 'swarm-value-too-large';
  readonly detail: string;
}

const limits: CodecLimits = { maxBytes: maxValueBytes, maxDepth: 2 * maxValueDepth, maxItems: maxValueItems };

class Unsupported extends Error {}

export function encodeValue(value: unknown): Result<Bytes, ValueFault> {
  try {
    const bytes = encode(write(value, '', maxValueDepth));
    if (bytes.length <= maxValueBytes) return ok(bytes);
    return refused({
      name: 'swarm-value-too-large',
      detail: `It has ${bytes.length} bytes, ${maxValueBytes} are allowed.`,
    });
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    return refused({ name: 'swarm-value-unsupported', detail: error.message });
  }
}

/** @returns undefined where the bytes are no value */
export function decodeValue(bytes: Bytes): { readonly value: unknown } | undefined {
  const decoded = decode(bytes, limits);
  if (!decoded.ok) return undefined;
  try {
    return { value: read(decoded.value) };
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

function write(value: unknown, path: string, depth: number): Encodable {
  if (depth === 0) throw new Unsupported(`${path || 'it'} is nested too deeply, or holds itself.`);
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'undefined':
      return [tag.nothing];
    case 'string':
      return hasLoneSurrogate(value) ? [tag.text, unitsOf(value)] : value;
    case 'number':
      return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0) ? value : [tag.number, float(value)];
    case 'bigint':
      return [tag.bigint, value.toString(16)];
    case 'object':
      return value === null ? null : writeObject(value, path, depth - 1);
    default:
      throw new Unsupported(`${path || 'it'} is a ${typeof value}.`);
  }
}

function writeObject(value: object, path: string, depth: number): Encodable {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (value instanceof Date) return [tag.date, float(value.getTime())];
  if (Array.isArray(value)) return [tag.list, ...Array.from(value, (each, i) => write(each, `${path}[${i}]`, depth))];
  if (value instanceof Map)
    return [tag.map, ...[...value].flat(1).map((each, i) => write(each, `${path}<${i >> 1}>`, depth))];
  if (value instanceof Set) return [tag.set, ...[...value].map((each, i) => write(each, `${path}<${i}>`, depth))];
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new Unsupported(`${path || 'it'} is an object of the class ${value.constructor?.name ?? 'unknown'}.`);
  return [
    tag.record,
    ...Object.entries(value).flatMap(([key, each]) => [
      write(key, path, depth),
      write(each, path === '' ? key : `${path}.${key}`, depth),
    ]),
  ];
}

function read(value: Encodable): unknown {
  if (!Array.isArray(value)) return value instanceof Uint8Array ? Uint8Array.from(value) : value;
  const [kind, ...items] = value as readonly Encodable[];
  const [first] = items;
  switch (kind) {
    case tag.list:
      return items.map(read);
    case tag.record:
      return Object.fromEntries(pairs(items).map(([key, each]) => [String(key), each]));
    case tag.map:
      return new Map(pairs(items));
    case tag.set:
      return new Set(items.map(read));
    case tag.nothing:
      return undefined;
    case tag.number:
      return readFloat(first);
    case tag.date:
      return new Date(readFloat(first));
    case tag.text:
      return readUnits(first);
    case tag.bigint:
      return readBigint(first);
    default:
      throw new Unsupported('an unknown sort of value');
  }
}

function pairs(items: readonly Encodable[]): readonly (readonly [unknown, unknown])[] {
  if (items.length % 2 !== 0) throw new Unsupported('a key without a value');
  return Array.from({ length: items.length / 2 }, (_, i) => [
    read(items[2 * i] as Encodable),
    read(items[2 * i + 1] as Encodable),
  ]);
}

function float(value: number): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}

function readFloat(bytes: Encodable | undefined): number {
  if (!(bytes instanceof Uint8Array) || bytes.length !== 8) throw new Unsupported('a number has 8 bytes');
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
}

function readBigint(text: Encodable | undefined): bigint {
  const [, sign, digits] = /^(-?)([0-9a-f]+)$/.exec(typeof text === 'string' ? text : '') ?? [];
  if (digits === undefined) throw new Unsupported('a bigint has hex digits');
  return sign === '-' ? -BigInt(`0x${digits}`) : BigInt(`0x${digits}`);
}

/** Half a pair of UTF-16 has no UTF-8: such a string travels by its units. */
const hasLoneSurrogate = (text: string): boolean => /\p{Surrogate}/u.test(text);

function unitsOf(text: string): Bytes {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i));
  return bytes;
}

function readUnits(bytes: Encodable | undefined): string {
  if (!(bytes instanceof Uint8Array) || bytes.length % 2 !== 0) throw new Unsupported('text of UTF-16 has even length');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let text = '';
  for (let i = 0; i < bytes.length; i += 2) text += String.fromCharCode(view.getUint16(i));
  return text;
}
