// JSON values as msgpack, for public interfaces where a client chooses the form of its requests and answers. Wider than
// codec.ts (maps, floats, negative numbers, any length of encoding), since clients of all languages write it, and nothing
// that is hashed or signed travels this way. Like there, a message is walked before anything that it can size is made.

import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';
import type { Bytes } from './bytes.ts';
import {
  array,
  binary,
  type CodecLimits,
  type DecodeFault,
  type Head,
  readHead,
  scalar,
  sized,
  text,
  walk,
} from './codec.ts';
import { ok, type Result, refused } from './result.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

/** @param value what JSON can say */
export function encodeDocument(value: unknown): Bytes {
  return packr.pack(prepare(value));
}

/** Fields that are undefined are left out, as in JSON; integers above 32 bits would otherwise become floats. */
function prepare(value: unknown): unknown {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && Math.abs(value) > 0x7fffffff ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(prepare);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, prepare(field)]));
}

/** @returns objects, arrays, text, numbers, booleans and null; byte strings stay byte strings */
export function decodeDocument(bytes: Bytes, limits: CodecLimits): Result<unknown, DecodeFault> {
  if (bytes.length > limits.maxBytes) return refused('too-large');
  const fault = walk(bytes, limits, readDocumentHead);
  if (fault !== undefined) return refused(fault);
  try {
    return ok(unpackr.unpack(bytes));
  } catch {
    return refused('forbidden-type'); // a map whose key is no text
  }
}

const map = (headBytes: number, pairs: number): Head => array(headBytes, 2 * pairs);

function readDocumentHead(bytes: Bytes, at: number): Head | DecodeFault {
  const type = bytes[at] ?? 0;
  if (type >= 0x80 && type <= 0x8f) return map(1, type & 0x0f);
  if (type >= 0xe0) return scalar(1);
  const width = widths[type];
  if (width !== undefined) return at + 1 + width > bytes.length ? 'truncated' : scalar(1 + width);
  const longer = lengths[type];
  return longer === undefined ? readHead(bytes, at) : sized(bytes, at, longer.width, 0, longer.build);
}

/** type byte → bytes of a number */
const widths: Readonly<Record<number, number>> = {
  ...{ 202: 4, 203: 8 }, // floats
  ...{ 204: 1, 205: 2, 206: 4, 207: 8 }, // unsigned
  ...{ 208: 1, 209: 2, 210: 4, 211: 8 }, // signed
};

/** type byte → bytes of the length, and what has it */
const lengths: Readonly<
  Record<number, { readonly width: number; readonly build: (head: number, length: number) => Head }>
> = {
  ...{ 196: { width: 1, build: binary }, 197: { width: 2, build: binary }, 198: { width: 4, build: binary } },
  ...{ 217: { width: 1, build: text }, 218: { width: 2, build: text }, 219: { width: 4, build: text } },
  ...{ 220: { width: 2, build: array }, 221: { width: 4, build: array } },
  ...{ 222: { width: 2, build: map }, 223: { width: 4, build: map } },
};
