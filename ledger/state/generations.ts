// A cache that forgets what was used least: two generations, so that a hit costs a map lookup and nothing more. What is
// found in the old generation moves to the young one; when the young one is full, the old one goes.

export class GenerationCache<V> {
  private readonly maxBytes: number;
  private readonly sizeOf: (value: V) => number;
  private young = new Map<string, V>();
  private old = new Map<string, V>();
  private youngBytes = 0;

  constructor(maxBytes: number, sizeOf: (value: V) => number) {
    this.maxBytes = maxBytes;
    this.sizeOf = sizeOf;
  }

  get(key: string): V | undefined {
    const found = this.young.get(key);
    if (found !== undefined) return found;
    const aged = this.old.get(key);
    if (aged === undefined) return undefined;
    this.old.delete(key);
    this.set(key, aged);
    return aged;
  }

  set(key: string, value: V): void {
    this.young.set(key, value);
    this.youngBytes += this.sizeOf(value);
  }

  delete(key: string): void {
    this.young.delete(key);
    this.old.delete(key);
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
    this.youngBytes = 0;
  }

  /** Nothing is forgotten but here: between blocks, when all that was changed is stored. */
  trim(): void {
    if (this.youngBytes * 2 <= this.maxBytes) return;
    this.old = this.young;
    this.young = new Map();
    this.youngBytes = 0;
  }
}
