// Gathers what is written without sync and gives it to the engine in one piece, a little later: a chain writes a few rows
// with every block, and what an engine takes for a batch costs more than the rows. What is gathered is read from here. A
// batch that is large by itself goes as it is, behind what was gathered, and is answered when the engine has it.
// Whole batches stay in order and one write holds several, so a crash undoes what the engine's own would: newest first.

import type { Clock, Timer } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { gatheredWritesBytes, gatherWritesMs } from './limits.ts';
import type { DiskFault, Done, Store, StoreWrite } from './ports.ts';

type Rows = Map<string, StoreWrite>;

/** Writes that the engine takes together, and who waits until it has. */
interface Gathered {
  readonly rows: Rows;
  bytes: number;
  sync: boolean;
  readonly waiting: (() => void)[];
}

const nothing = (): Gathered => ({ rows: new Map(), bytes: 0, sync: false, waiting: [] });

/** Each byte one character: a key of a map. */
const nameOf = (key: Bytes): string => String.fromCharCode.apply(null, key as unknown as number[]);

export interface WriteBehindWorld {
  readonly clock: Clock;
  /** a write failed: nothing is answered any more, and the process must stop */
  readonly fatal: (fault: DiskFault) => void;
}

export class WriteBehind implements Store {
  readonly #store: Store;
  readonly #world: WriteBehindWorld;
  #gathered = nothing();
  /** what the engine is writing */
  #writing: Gathered | undefined;
  #timer: Timer | undefined;

  constructor(store: Store, world: WriteBehindWorld) {
    this.#store = store;
    this.#world = world;
  }

  get(key: Bytes, done: Done<Bytes | undefined>): void {
    const found = this.#find(key);
    if (found === undefined) this.#store.get(key, done);
    else this.#world.clock.next(() => done(undefined, found.value ?? undefined));
  }

  getMany(keys: readonly Bytes[], done: Done<readonly (Bytes | undefined)[]>): void {
    const found = keys.map((key) => this.#find(key));
    const missing = keys.filter((_, i) => found[i] === undefined);
    const answer = (values: readonly (Bytes | undefined)[]): void => {
      let next = 0;
      done(
        undefined,
        found.map((write) => (write === undefined ? values[next++] : (write.value ?? undefined))),
      );
    };
    if (missing.length === 0) this.#world.clock.next(() => answer([]));
    else this.#store.getMany(missing, (fault, values) => (fault === undefined ? answer(values) : done(fault, [])));
  }

  /** Without `sync` it is done at once, unless so much waits that the engine must catch up first. */
  batch(writes: readonly StoreWrite[], { sync }: { readonly sync: boolean }, done: Done): void {
    const answer = (): void => done(undefined, undefined);
    let bytes = 0;
    for (const { key, value } of writes) bytes += key.length + (value?.length ?? 0);
    if (bytes >= gatheredWritesBytes) {
      this.#afterFlush(() => this.#write(writes, { ...nothing(), sync, waiting: [answer] }));
      return;
    }
    const gathered = this.#gathered;
    for (const write of writes) gathered.rows.set(nameOf(write.key), write);
    gathered.bytes += bytes;
    const full = gathered.bytes >= gatheredWritesBytes;
    if (sync) gathered.sync = true;
    if (sync || full) gathered.waiting.push(answer);
    else this.#world.clock.next(answer);
    if (sync || full) this.#flush();
    else this.#timer ??= this.#world.clock.after(gatherWritesMs, () => this.#flush());
  }

  range(query: Parameters<Store['range']>[0], done: Parameters<Store['range']>[1]): void {
    this.#afterFlush(() => this.#store.range(query, done));
  }

  clear(range: Parameters<Store['clear']>[0], done: Done): void {
    this.#afterFlush(() =>
      this.#store.clear(range, (fault) =>
        fault === undefined ? done(undefined, undefined) : this.#world.fatal(fault),
      ),
    );
  }

  close(done: Done): void {
    this.#afterFlush(() => this.#store.close(done));
  }

  #find(key: Bytes): StoreWrite | undefined {
    const name = nameOf(key);
    return this.#gathered.rows.get(name) ?? this.#writing?.rows.get(name);
  }

  /** Runs when all that was written before has reached the engine. */
  #afterFlush(run: () => void): void {
    if (this.#gathered.rows.size === 0 && this.#writing === undefined) return run();
    this.#gathered.waiting.push(run);
    this.#flush();
  }

  /** One write is under way at a time, so that they stay in order. */
  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#writing !== undefined) return;
    const gathered = this.#gathered;
    this.#gathered = nothing();
    this.#write([...gathered.rows.values()], gathered);
  }

  #write(writes: readonly StoreWrite[], writing: Gathered): void {
    this.#writing = writing;
    this.#store.batch(writes, { sync: writing.sync }, (fault) => {
      if (fault !== undefined) return this.#world.fatal(fault);
      this.#writing = undefined;
      for (const run of writing.waiting) run();
      const { rows, waiting } = this.#gathered;
      if (waiting.length > 0) this.#flush();
      else if (rows.size > 0) this.#timer ??= this.#world.clock.after(gatherWritesMs, () => this.#flush());
    });
  }
}
