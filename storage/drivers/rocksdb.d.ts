// What we use of rocksdb 5.2.1, which has no types of its own.

declare module 'rocksdb' {
  export type Callback<T = void> = (error: Error | null | undefined, value: T) => void;
  export type Operation =
    | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
    | { readonly type: 'del'; readonly key: Buffer };
  export interface Iterator {
    next(done: (error: Error | null | undefined, key?: Buffer, value?: Buffer) => void): void;
    end(done: Callback): void;
  }
  export interface Database {
    open(options: object, done: Callback): void;
    close(done: Callback): void;
    getMany(keys: readonly Buffer[], done: Callback<readonly (Buffer | undefined)[]>): void;
    batch(operations: readonly Operation[], options: { readonly sync: boolean }, done: Callback): void;
    clear(range: object, done: Callback): void;
    iterator(options: object): Iterator;
  }
  const open: (location: string) => Database;
  export default open;
}
