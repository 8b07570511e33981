// Writes canonical msgpack into bytes of a known length, for messages whose shape is known: the bytes are those that
// `encode` gives. Lengths come from the functions below.

import type { Bytes } from './bytes.ts';
import { type Hash, hashInto } from './hash.ts';

export const uintLength = (value: number): number => {
  if (value < 0x80) return 1;
  if (value < 0x100) return 2;
  if (value < 0x10000) return 3;
  return value < 0x100000000 ? 5 : 9;
};

export const bytesLength = (length: number): number => length + (length < 0x100 ? 2 : length < 0x10000 ? 3 : 5);

export const arrayLength = (count: number): number => (count < 0x10 ? 1 : count < 0x10000 ? 3 : 5);

export const hashLength = bytesLength(32);

/** The caller gives as many bytes as the lengths add up to. */
export class CodecWriter {
  private readonly output: Bytes;
  private at = 0;

  constructor(output: Bytes) {
    this.output = output;
  }

  array(count: number): this {
    if (count < 0x10) return this.byte(0x90 | count);
    return count < 0x10000 ? this.head(0xdc, count, 2) : this.head(0xdd, count, 4);
  }

  /** @param value a safe non-negative integer */
  uint(value: number): this {
    switch (uintLength(value)) {
      case 1:
        return this.byte(value);
      case 2:
        return this.head(0xcc, value, 1);
      case 3:
        return this.head(0xcd, value, 2);
      case 5:
        return this.head(0xce, value, 4);
      default:
        return this.head(0xd3, value, 8);
    }
  }

  bytes(value: Bytes): this {
    const { length } = value;
    if (length < 0x100) this.head(0xc4, length, 1);
    else if (length < 0x10000) this.head(0xc5, length, 2);
    else this.head(0xc6, length, 4);
    return this.raw(value);
  }

  /** as 32 bytes */
  hash(value: Hash): this {
    this.head(0xc4, 32, 1);
    hashInto(value, this.output, this.at);
    this.at += 32;
    return this;
  }

  /** What is encoded already. */
  raw(encoded: Bytes): this {
    this.output.set(encoded, this.at);
    this.at += encoded.length;
    return this;
  }

  private byte(value: number): this {
    this.output[this.at++] = value;
    return this;
  }

  private head(type: number, value: number, width: number): this {
    this.output[this.at] = type;
    for (let i = width, rest = value; i > 0; i--) {
      this.output[this.at + i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.at += 1 + width;
    return this;
  }
}
