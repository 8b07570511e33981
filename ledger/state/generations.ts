// A cache that forgets what was used least: two generations, so that a hit costs a map lookup and nothing more. What is
// found in the old generation moves to the young one; when the young one is full, the old one goes.

export interface GenerationOptions<V> {
  readonly maxBytes: number;
  readonly sizeOf: (value: V) => number;
  /** a value was found among the old and stays */
  readonly onStay?: (value: V) => void;
}

export class GenerationCache<V> {
  private readonly options: GenerationOptions<V>;
  private young = new Map<string, V>();
  private old = new Map<string, V>();
  private youngBytes = 0;

  constructor(options: GenerationOptions<V>) {
    this.options = options;
  }

  get(key: string): V | undefined {
    const found = this.young.get(key);
    if (found !== undefined) return found;
    const aged = this.old.get(key);
    if (aged === undefined) return undefined;
    this.options.onStay?.(aged);
    this.old.delete(key);
    this.set(key, aged);
    return aged;
  }

  /** @param key of a value that is not held */
  set(key: string, value: V): void {
    this.young.set(key, value);
    this.youngBytes += this.options.sizeOf(value);
  }

  /** A value that was just found has grown, or shrunk. */
  grew(bytes: number): void {
    this.youngBytes += bytes;
  }

  delete(key: string): void {
    const removed = this.young.get(key);
    if (removed !== undefined) this.youngBytes -= this.options.sizeOf(removed);
    this.young.delete(key);
    this.old.delete(key);
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
    this.youngBytes = 0;
  }

  get isFull(): boolean {
    return this.youngBytes * 2 > this.options.maxBytes;
  }

  /** Nothing is forgotten but here. What goes was not found since the call before. */
  trim(): void {
    if (!this.isFull) return;
    this.old = this.young;
    this.young = new Map();
    this.youngBytes = 0;
  }
}
