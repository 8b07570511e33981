// Which entries were ordered, by their content: accepted ones must be there in the end, and none twice.

import type { Batch, Core, Output } from '../../consensus/core/index.ts';
import type { CoreHooks } from '../../consensus/index.ts';
import { type Bytes, concatBytes, toUtf8 } from '../../lib/bytes.ts';
import { entryOffsets } from '../../net/gateway/protocol.ts';
import type { Verdict } from './verdict.ts';

export class OrderWitness {
  readonly #verdict: Verdict;
  readonly #sacrificed: ReadonlySet<number>;
  readonly #heightOf = new Map<string, number>();
  #height = 0;

  /** @param sacrificed validators whose lanes may say anything twice: two machines of one share a lane */
  constructor(sacrificed: ReadonlySet<number>, verdict: Verdict) {
    this.#sacrificed = sacrificed;
    this.#verdict = verdict;
  }

  has(entry: string): boolean {
    return this.#heightOf.has(entry);
  }

  /** The first trusted validator that executes a height tells what it orders; ChainChecker compares the others with it. */
  hooks(index: number): CoreHooks {
    return {
      stepped: (_core: Core, outputs: readonly Output[]) => {
        if (this.#sacrificed.has(index)) return outputs;
        for (const output of outputs)
          if (output.type === 'execute' && output.block.height > this.#height) {
            this.#height = output.block.height;
            for (const batch of output.batches) this.#take(batch, output.block.height);
          }
        return outputs;
      },
    };
  }

  #take(batch: Batch, height: number): void {
    for (const bytes of entriesOf(batch)) {
      const entry = toUtf8(bytes);
      // what a Byzantine validator made up is not ours to count
      if (entry === undefined || !entry.startsWith('entry ')) continue;
      const before = this.#heightOf.get(entry);
      if (before !== undefined && !this.#sacrificed.has(batch.lane))
        this.#verdict.violated('each entry is ordered once', `${entry} at ${before} and ${height}`);
      this.#heightOf.set(entry, height);
    }
  }
}

/** Each stands behind its length; the pieces of a body may split them. None of a batch whose lengths do not add up. */
function entriesOf({ body, count }: Batch): readonly Bytes[] {
  const joined = body.length === 1 ? (body[0] as Bytes) : concatBytes(body);
  const offsets = entryOffsets(joined, count) ?? [];
  return Array.from({ length: Math.max(0, offsets.length - 1) }, (_, i) =>
    joined.subarray((offsets[i] as number) + 4, offsets[i + 1]),
  );
}
