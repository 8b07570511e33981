// The blob ledger neither parses nor verifies: its state is a count and a running hash. It exists to measure ordering
// alone, so it costs next to nothing per entry: a batch's count is believed, and the block's id, which stands for every
// byte in it, is what the running hash covers.

import type {
  Admission,
  Answer,
  Application,
  Applied,
  ChainContext,
  Entry,
  HeightRoots,
  Opened,
  OrderedBlock,
  QueryAnswer,
  QueryRequest,
  RestoredHead,
  SnapshotSource,
} from '../consensus/application.ts';
import { type Bytes, bigEndian, concatBytes } from '../lib/bytes.ts';
import { decode, type Encodable, encode } from '../lib/codec.ts';
import { errorRow } from '../lib/errors.ts';
import { type Hash, hashFromBytes, hashToBytes, taggedHash, zeroHash } from '../lib/hash.ts';
import type { Store, StoreWrite } from '../storage/index.ts';
import { keptRoots, maxCommandBytes } from './limits.ts';
import { OneAtATime } from './one-at-a-time.ts';

export interface BlobOptions {
  readonly store: Store;
  /** keeps the chains of one store apart */
  readonly storePrefix: Bytes;
}

interface BlobState {
  readonly height: number;
  readonly entries: number;
  readonly bytes: number;
  readonly hash: Hash;
}

const emptyState: BlobState = { height: 0, entries: 0, bytes: 0, hash: zeroHash };

export class BlobLedger implements Application {
  readonly opaque = { maxEntryBytes: maxCommandBytes, tooLarge: errorRow('malformed-command').code };
  private readonly store: Store;
  private readonly prefix: Bytes;
  private readonly queue = new OneAtATime();
  private state = emptyState;

  constructor(options: BlobOptions) {
    this.store = options.store;
    this.prefix = options.storePrefix;
  }

  open(done: Answer<Opened>): void {
    const genesis = rootsOf(emptyState);
    const from = this.key(0);
    const to = concatBytes([this.prefix, Uint8Array.of(stateLetter + 1)]);
    this.store.range({ from, to, limit: keptRoots, reverse: true }, (fault, found) => {
      const states = found?.map(([, value]) => decodeState(value)) ?? [];
      if (fault !== undefined || states.includes(undefined)) {
        const message = fault?.message ?? 'the state of the blob ledger cannot be read';
        return done({ code: 'failed', message }, { height: 0, genesis, recent: [] });
      }
      const known = (states as readonly BlobState[]).slice().reverse();
      this.state = known[known.length - 1] ?? emptyState;
      const recent = known.length === 0 ? [genesis] : known.map(rootsOf);
      done(undefined, { height: this.state.height, genesis, recent });
    });
  }

  check(_entries: readonly Entry[], _context: ChainContext, done: Answer<readonly Admission[]>): void {
    done({ code: 'failed', message: 'opaque entries are not checked' }, []);
  }

  apply(block: OrderedBlock, done: Answer<Applied>): void {
    this.queue.run((finished) => {
      let { entries, bytes, hash } = this.state;
      let firstIndex = 0;
      const outcomes = block.batches.map(({ lane, seq, count, bytes: pieces }) => {
        for (const piece of pieces) bytes += piece.length;
        const outcome = { lane, seq, count, firstIndex, exceptions: [] };
        firstIndex += count;
        entries += count;
        return outcome;
      });
      if (firstIndex > 0) hash = taggedHash('blob', hashToBytes(hash), hashToBytes(block.id));
      const next: BlobState = { height: block.height, entries, bytes, hash };
      this.write(next, false, (fault) => {
        done(fault, { ...rootsOf(next), outcomes });
        finished();
      });
    });
  }

  private write(next: BlobState, sync: boolean, done: Answer<void>): void {
    const writes: StoreWrite[] = [{ key: this.key(next.height), value: encodeState(next) }];
    if (next.height > keptRoots) writes.push({ key: this.key(next.height - keptRoots), value: null });
    this.store.batch(writes, { sync }, (fault) => {
      if (fault === undefined) this.state = next;
      done(fault && { code: 'failed', message: fault.message }, undefined);
    });
  }

  query(request: QueryRequest, done: Answer<QueryAnswer>): void {
    const { height } = this.state;
    if (request.path === 'blob') return done(undefined, { height, value: encodeState(this.state) });
    done(undefined, { height, value: undefined, code: errorRow('unknown-path').code });
  }

  snapshot(each: (part: Bytes, next: () => void) => void, done: Answer<void>): void {
    this.queue.run((finished) =>
      each(encodeState(this.state), () => {
        done(undefined, undefined);
        finished();
      }),
    );
  }

  restore(source: SnapshotSource, expected: RestoredHead, done: Answer<void>): void {
    this.queue.run((finished) => {
      const answer: Answer<void> = (fault) => {
        done(fault, undefined);
        finished();
      };
      source.part(0, (fault, part) => {
        if (fault !== undefined) return answer(fault, undefined);
        const state = part === undefined ? undefined : decodeState(part);
        if (state?.height !== expected.height || rootsOf(state).stateRoot !== expected.stateRoot) {
          return answer({ code: 'failed', message: 'the snapshot does not hold the state that it should' }, undefined);
        }
        const all = { from: this.key(0), to: concatBytes([this.prefix, Uint8Array.of(stateLetter + 1)]) };
        this.store.clear(all, (fault) => {
          if (fault !== undefined) return answer({ code: 'failed', message: fault.message }, undefined);
          this.write(state, true, answer);
        });
      });
    });
  }

  validatorSet(): undefined {
    return undefined;
  }

  onApp(): void {
    // no traffic of its own
  }

  externalFinality(): undefined {
    return undefined;
  }

  persist(done: Answer<void>): void {
    this.queue.run((finished) => {
      this.store.batch([], { sync: true }, (fault) =>
        done(fault && { code: 'failed', message: fault.message }, undefined),
      );
      finished();
    });
  }

  /** one record per height, the newest being the state */
  private key(height: number): Bytes {
    return concatBytes([this.prefix, Uint8Array.of(stateLetter), bigEndian(height, 8)]);
  }
}

const stateLetter = 0x62; // b

function rootsOf(state: BlobState): HeightRoots {
  const stateRoot =
    state.entries === 0
      ? zeroHash
      : taggedHash('blob-state', bigEndian(state.entries, 8), bigEndian(state.bytes, 8), hashToBytes(state.hash));
  return { height: state.height, stateRoot, outboxRoot: zeroHash };
}

function encodeState(state: BlobState): Bytes {
  return encode([state.height, state.entries, state.bytes, hashToBytes(state.hash)]);
}

function decodeState(encoded: Bytes): BlobState | undefined {
  const decoded = decode(encoded);
  if (!decoded.ok || !Array.isArray(decoded.value)) return undefined;
  const [height, entries, bytes, hash] = decoded.value as readonly Encodable[];
  if (typeof height !== 'number' || typeof entries !== 'number' || typeof bytes !== 'number') return undefined;
  return hash instanceof Uint8Array && hash.length === 32
    ? { height, entries, bytes, hash: hashFromBytes(hash) }
    : undefined;
}
