// Strict canonical msgpack. A value has exactly one encoding, so bytes can be hashed and signed as they were received.
// Only arrays, unsigned integers, byte strings, UTF-8 text, booleans and nil exist; maps, floats, negative numbers and
// extension types are refused, as is every encoding that is longer than it need be. A message is walked before it is
// decoded: its size, depth and item count are checked before anything that a peer can size is allocated.

// of its entries those that never load the native addon, whatever the environment says
import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';
import { assert } from './assert.ts';
import { type Bytes, toUtf8 } from './bytes.ts';
import { ok, type Result, refused } from './result.ts';

export type Encodable = null | boolean | number | string | Bytes | readonly Encodable[];

export interface CodecLimits {
  /** of the whole message */
  readonly maxBytes: number;
  readonly maxDepth: number;
  /** arrays and scalars together */
  readonly maxItems: number;
}

export const defaultLimits: CodecLimits = { maxBytes: 1 << 20, maxDepth: 16, maxItems: 65_536 };

export type DecodeFault =
  | 'too-large'
  | 'too-deep'
  | 'too-many-items'
  | 'truncated'
  | 'trailing-bytes'
  | 'forbidden-type'
  | 'not-minimal'
  | 'unsafe-integer'
  | 'bad-text';

const packr = new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, int64AsType: 'number' });

export function encode(value: Encodable): Bytes {
  return packr.pack(prepare(value));
}

/** msgpackr writes integers above 32 bits as floats unless they are bigints. */
function prepare(value: Encodable): unknown {
  if (typeof value === 'number') {
    assert(Number.isSafeInteger(value) && value >= 0, 'only safe non-negative integers are encoded');
    return value > 0xffffffff ? BigInt(value) : value;
  }
  if (!Array.isArray(value)) return value;
  const list = value as readonly Encodable[];
  let changed: unknown[] | undefined; // seldom: most lists are written as they are
  for (let i = 0; i < list.length; i++) {
    const prepared = prepare(list[i] as Encodable);
    if (changed === undefined && prepared !== list[i]) changed = list.slice(0, i);
    changed?.push(prepared);
  }
  return changed ?? list;
}

/** @returns nested arrays of scalars; byte strings are views into `bytes` */
export function decode(bytes: Bytes, limits: CodecLimits = defaultLimits): Result<Encodable, DecodeFault> {
  if (bytes.length > limits.maxBytes) return refused('too-large');
  const fault = walk(bytes, limits, readHead);
  return fault === undefined ? ok(unpackr.unpack(bytes) as Encodable) : refused(fault);
}

/** Checks a message's size, depth and item count. @param readHead of the types that are allowed in it */
export function walk(bytes: Bytes, limits: CodecLimits, readHead: ReadHead): DecodeFault | undefined {
  const remaining: number[] = [1];
  let position = 0;
  let items = 0;
  while (remaining.length > 0) {
    const top = remaining.length - 1;
    if (remaining[top] === 0) {
      remaining.pop();
      continue;
    }
    remaining[top] = (remaining[top] as number) - 1;
    if (++items > limits.maxItems) return 'too-many-items';
    const head = readHead(bytes, position);
    if (typeof head === 'string') return head;
    position += head.headBytes + head.payloadBytes;
    if (position > bytes.length) return 'truncated';
    if (head.isText && toUtf8(bytes.subarray(position - head.payloadBytes, position)) === undefined) return 'bad-text';
    if (head.children > 0) {
      if (remaining.length >= limits.maxDepth) return 'too-deep';
      if (head.children > limits.maxItems) return 'too-many-items';
      remaining.push(head.children);
    }
  }
  return position === bytes.length ? undefined : 'trailing-bytes';
}

export interface Head {
  readonly headBytes: number;
  readonly payloadBytes: number;
  readonly children: number;
  readonly isText: boolean;
}

export type ReadHead = (bytes: Bytes, at: number) => Head | DecodeFault;

export const scalar = (headBytes: number): Head => ({ headBytes, payloadBytes: 0, children: 0, isText: false });
export const array = (headBytes: number, children: number): Head => ({
  headBytes,
  payloadBytes: 0,
  children,
  isText: false,
});
export const binary = (headBytes: number, payloadBytes: number): Head => ({
  headBytes,
  payloadBytes,
  children: 0,
  isText: false,
});
export const text = (headBytes: number, payloadBytes: number): Head => ({
  headBytes,
  payloadBytes,
  children: 0,
  isText: true,
});
const oneByte = scalar(1);

/** Reads one type byte and its length, by the msgpack specification. */
export function readHead(bytes: Bytes, at: number): Head | DecodeFault {
  const type = bytes[at];
  if (type === undefined) return 'truncated';
  if (type <= 0x7f || type === 0xc0 || type === 0xc2 || type === 0xc3) return oneByte;
  if (type >= 0x90 && type <= 0x9f) return array(1, type & 0x0f);
  if (type >= 0xa0 && type <= 0xbf) return text(1, type & 0x1f);
  switch (type) {
    case 0xc4:
      return sized(bytes, at, 1, 0, binary);
    case 0xc5:
      return sized(bytes, at, 2, 0x100, binary);
    case 0xc6:
      return sized(bytes, at, 4, 0x10000, binary);
    case 0xcc:
      return sized(bytes, at, 1, 0x80, scalar);
    case 0xcd:
      return sized(bytes, at, 2, 0x100, scalar);
    case 0xce:
      return sized(bytes, at, 4, 0x10000, scalar);
    case 0xd3: // msgpackr's form of integers above 32 bits; the range check keeps them positive
      return sized(bytes, at, 8, 0x100000000, scalar);
    case 0xd9:
      return sized(bytes, at, 1, 0x20, text);
    case 0xda:
      return sized(bytes, at, 2, 0x100, text);
    case 0xdb:
      return sized(bytes, at, 4, 0x10000, text);
    case 0xdc:
      return sized(bytes, at, 2, 0x10, array);
    case 0xdd:
      return sized(bytes, at, 4, 0x10000, array);
    default:
      return 'forbidden-type';
  }
}

/** @param smallest what a shorter form could not hold; 0 where longer forms are allowed */
export function sized(
  bytes: Bytes,
  at: number,
  width: number,
  smallest: number,
  build: (headBytes: number, value: number) => Head,
): Head | DecodeFault {
  if (at + 1 + width > bytes.length) return 'truncated';
  let value = 0;
  for (let i = 1; i <= width; i++) value = value * 256 + (bytes[at + i] as number);
  if (!Number.isSafeInteger(value)) return 'unsafe-integer';
  if (value < smallest) return 'not-minimal';
  return build(1 + width, value);
}
