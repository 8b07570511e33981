// Reads canonical msgpack from front to back, for messages whose shape is known: what `decode` builds in between, this
// does without. It takes exactly what `decode` takes: one encoding per value, and no maps, floats or extensions.

import { type Bytes, noBytes } from './bytes.ts';

/** The first thing that does not fit makes the reader `failed` for good; what it returns from then on means nothing. */
export class CodecReader {
  private readonly input: Bytes;
  private at = 0;
  failed = false;

  /** @param input a plain Uint8Array: views of a Buffer cost three times as much */
  constructor(input: Bytes) {
    this.input = input;
  }

  /** Whether everything was read, and fits. */
  get isDone(): boolean {
    return !this.failed && this.at === this.input.length;
  }

  get position(): number {
    return this.at;
  }

  /** @returns how many elements follow */
  array(): number {
    const type = this.next();
    if (type >= 0x90 && type <= 0x9f) return type & 0x0f;
    if (type === 0xdc) return this.sized(2, 0x10);
    if (type === 0xdd) return this.sized(4, 0x10000);
    return this.fail();
  }

  /** @returns a safe non-negative integer */
  uint(): number {
    const type = this.next();
    if (type <= 0x7f) return type;
    switch (type) {
      case 0xcc:
        return this.sized(1, 0x80);
      case 0xcd:
        return this.sized(2, 0x100);
      case 0xce:
        return this.sized(4, 0x10000);
      case 0xd3:
        return this.sized(8, 0x100000000);
      default:
        return this.fail();
    }
  }

  /** @returns a view */
  bytes(): Bytes {
    const length = this.byteLength();
    const start = this.at;
    if (length > this.input.length - start) this.failed = true;
    if (this.failed) return noBytes;
    this.at = start + length;
    return this.input.subarray(start, this.at);
  }

  private byteLength(): number {
    switch (this.next()) {
      case 0xc4:
        return this.sized(1, 0);
      case 0xc5:
        return this.sized(2, 0x100);
      case 0xc6:
        return this.sized(4, 0x10000);
      default:
        return this.fail();
    }
  }

  bool(): boolean {
    const type = this.next();
    if (type !== 0xc2 && type !== 0xc3) this.fail();
    return type === 0xc3;
  }

  /** Takes a nil, if one is next. */
  nil(): boolean {
    if (this.input[this.at] !== 0xc0) return false;
    this.at++;
    return true;
  }

  /** @returns the type byte, 0xc1 (which msgpack never uses) behind the end */
  private next(): number {
    return this.at < this.input.length ? (this.input[this.at++] as number) : 0xc1;
  }

  /** @param smallest what a shorter form could not hold */
  private sized(width: number, smallest: number): number {
    if (this.at + width > this.input.length) return this.fail();
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + (this.input[this.at + i] as number);
    this.at += width;
    return value < smallest || !Number.isSafeInteger(value) ? this.fail() : value;
  }

  private fail(): number {
    this.failed = true;
    return 0;
  }
}
