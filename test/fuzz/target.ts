// What a fuzz target is: a decoder with what it promises, and where inputs for it begin. The fuzzer knows nothing else.

import type { Bytes } from '../../lib/bytes.ts';

export interface FuzzTarget {
  readonly name: string;
  /** inputs are cut to this */
  readonly maxBytes: number;
  /** byte strings that mean something to the decoder */
  readonly dictionary: readonly Bytes[];
  /** one input at least for every shape that the decoder takes */
  seeds(): readonly Bytes[];
  /** @throws whatever the decoder throws, or a BrokenPromise */
  run(input: Bytes): void;
}

/** The decoder returned, but not what it promises. */
export class BrokenPromise extends Error {}

export function promise(holds: boolean, what: string): void {
  if (!holds) throw new BrokenPromise(what);
}
