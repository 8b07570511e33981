// A map ordered by its keys, which are byte strings written as latin1 text: JavaScript compares those as unsigned bytes.
// Sorted runs of a few hundred keys make insertion cheap enough for a simulated store.

const runLength = 512;

export class OrderedMap<V> {
  #values = new Map<string, V>();
  /** sorted within and among each other; never empty but for the first */
  #runs: string[][] = [[]];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  /** in no particular order */
  entries(): readonly (readonly [string, V])[] {
    return [...this.#values];
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#insert(key);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return;
    const at = this.#runOf(key);
    const run = this.#runs[at] as string[];
    run.splice(lowerBound(run, key), 1);
    if (run.length === 0 && this.#runs.length > 1) this.#runs.splice(at, 1);
  }

  /** keys in [from, to), ascending or descending, at most `limit` */
  keys(from: string, to: string, limit: number, reverse: boolean): string[] {
    return reverse ? this.#descending(from, to, limit) : this.#ascending(from, to, limit);
  }

  #ascending(from: string, to: string, limit: number): string[] {
    const found: string[] = [];
    for (let at = this.#runOf(from); at < this.#runs.length && found.length < limit; at++) {
      const run = this.#runs[at] as string[];
      for (let i = lowerBound(run, from); i < run.length && found.length < limit; i++) {
        const key = run[i] as string;
        if (key >= to) return found;
        found.push(key);
      }
    }
    return found;
  }

  #descending(from: string, to: string, limit: number): string[] {
    const found: string[] = [];
    for (let at = this.#runOf(to); at >= 0 && found.length < limit; at--) {
      const run = this.#runs[at] as string[];
      for (let i = lowerBound(run, to) - 1; i >= 0 && found.length < limit; i--) {
        const key = run[i] as string;
        if (key < from) return found;
        found.push(key);
      }
    }
    return found;
  }

  #insert(key: string): void {
    const at = this.#runOf(key);
    const run = this.#runs[at] as string[];
    run.splice(lowerBound(run, key), 0, key);
    if (run.length > runLength) this.#runs.splice(at + 1, 0, run.splice(runLength >> 1));
  }

  /** the last run whose first key is not above `key`, or the first run */
  #runOf(key: string): number {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (((this.#runs[middle] as string[])[0] as string) <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** index of the first key that is not below `key` */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
