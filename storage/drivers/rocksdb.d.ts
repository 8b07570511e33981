// What we use of rocksdb 5.2.1, which has no types of its own.

declare module 'rocksdb' {
  export type Callback<T = void> = (error: Error | null | undefined, value: T) => void;
  /** Filled row by row, written at once: nothing is read from JavaScript objects by name, which takes three times as long. */
  export interface ChainedBatch {
    put(key: Buffer, value: Buffer): void;
    del(key: Buffer): void;
    write(options: { readonly sync: boolean }, done: Callback): void;
  }
  export interface Iterator {
    next(done: (error: Error | null | undefined, key?: Buffer, value?: Buffer) => void): void;
    end(done: Callback): void;
  }
  export interface Database {
    open(options: object, done: Callback): void;
    close(done: Callback): void;
    getMany(keys: readonly Buffer[], done: Callback<readonly (Buffer | undefined)[]>): void;
    batch(): ChainedBatch;
    clear(range: object, done: Callback): void;
    iterator(options: object): Iterator;
  }
  const open: (location: string) => Database;
  export default open;
}
