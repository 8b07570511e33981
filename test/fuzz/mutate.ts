// Makes a new input from one that is known: a few random edits of the sorts that break decoders. The same random stream
// makes the same input.

import { type Bytes, concatBytes } from '../../lib/bytes.ts';
import type { Random } from '../../lib/random.ts';

export interface Material {
  /** inputs to take pieces from */
  readonly corpus: readonly Bytes[];
  readonly dictionary: readonly Bytes[];
  readonly maxBytes: number;
}

const interestingBytes = [0x00, 0x01, 0x7f, 0x80, 0x90, 0x9f, 0xa0, 0xc0, 0xc4, 0xcc, 0xd3, 0xdc, 0xdd, 0xfe, 0xff];
const interestingNumbers = [0, 1, 16, 255, 256, 65_535, 65_536, 2 ** 20, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

type Edit = (random: Random, input: Bytes, material: Material) => Bytes;

const replaced = (input: Bytes, from: number, to: number, by: Bytes): Bytes =>
  concatBytes([input.subarray(0, from), by, input.subarray(to)]);

const range = (random: Random, length: number): readonly [number, number] => {
  const from = random.below(length + 1);
  const longest = random.chance(0.8) ? 16 : length;
  return [from, Math.min(length, from + random.below(longest + 1))];
};

function number(random: Random): Bytes {
  const bytes = new Uint8Array(random.pick([1, 2, 4, 8]));
  const view = new DataView(bytes.buffer);
  const value = random.chance(0.5) ? random.pick(interestingNumbers) : random.below(1024);
  const little = random.chance(0.5);
  if (bytes.length === 1) view.setUint8(0, value & 0xff);
  else if (bytes.length === 2) view.setUint16(0, value & 0xffff, little);
  else view.setUint32(little ? 0 : bytes.length - 4, value, little);
  return bytes;
}

const edits: readonly Edit[] = [
  function flip(random, input) {
    const copy = input.slice();
    const at = random.below(copy.length);
    if (copy.length > 0) copy[at] = (copy[at] as number) ^ (1 << random.below(8));
    return copy;
  },
  function setByte(random, input) {
    const copy = input.slice();
    const value = random.chance(0.5) ? random.pick(interestingBytes) : random.below(256);
    if (copy.length > 0) copy[random.below(copy.length)] = value;
    return copy;
  },
  function count(random, input) {
    const copy = input.slice();
    const at = random.below(copy.length);
    if (copy.length > 0) copy[at] = ((copy[at] as number) + random.pick([-16, -1, 1, 16])) & 0xff;
    return copy;
  },
  function overwriteNumber(random, input) {
    const bytes = number(random);
    const at = random.below(input.length + 1);
    return replaced(input, at, Math.min(input.length, at + bytes.length), bytes);
  },
  function remove(random, input) {
    const [from, to] = range(random, input.length);
    return replaced(input, from, to, new Uint8Array(0));
  },
  function cut(random, input) {
    return input.slice(0, random.below(input.length + 1));
  },
  function insertRandom(random, input) {
    const at = random.below(input.length + 1);
    const bytes = Uint8Array.from({ length: 1 + random.below(16) }, () => random.below(256));
    return replaced(input, at, at, bytes);
  },
  function repeat(random, input) {
    const [from, to] = range(random, input.length);
    const piece = input.subarray(from, to);
    const times = random.chance(0.9) ? 1 + random.below(4) : 1 + random.below(200);
    return replaced(input, to, to, concatBytes(Array.from({ length: times }, () => piece)));
  },
  function move(random, input) {
    const [from, to] = range(random, input.length);
    const at = random.below(input.length + 1);
    return replaced(input, at, Math.min(input.length, at + to - from), input.slice(from, to));
  },
  function splice(random, input, { corpus }) {
    const other = random.pick(corpus);
    const [from, to] = range(random, other.length);
    const [start, end] = range(random, input.length);
    return replaced(input, start, random.chance(0.5) ? start : end, other.subarray(from, to));
  },
  function cross(random, input, { corpus }) {
    const other = random.pick(corpus);
    return concatBytes([
      input.subarray(0, random.below(input.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
  function insertWord(random, input, { dictionary }) {
    if (dictionary.length === 0) return input;
    const at = random.below(input.length + 1);
    return replaced(input, at, at, random.pick(dictionary));
  },
  function overwriteWord(random, input, { dictionary }) {
    if (dictionary.length === 0) return input;
    const word = random.pick(dictionary);
    const at = random.below(input.length + 1);
    return replaced(input, at, Math.min(input.length, at + word.length), word);
  },
];

export function mutate(random: Random, input: Bytes, material: Material): Bytes {
  let mutant = input;
  for (let left = 1 + random.below(random.chance(0.7) ? 3 : 10); left > 0; left--) {
    mutant = random.pick(edits)(random, mutant, material).slice(0, material.maxBytes);
  }
  return mutant;
}
