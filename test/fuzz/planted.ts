// A decoder with a fault behind four bytes that it reads one after the other, as decoders do: blind chance would need 2^32
// inputs. Run as a worker; tells what the fuzzer finds with coverage and without.

import { parentPort, workerData } from 'node:worker_threads';
import { type Bytes, fromUtf8 } from '../../lib/bytes.ts';
import { Coverage } from './coverage.ts';
import { fuzz } from './fuzz.ts';
import { BrokenPromise, type FuzzTarget } from './target.ts';

/** the first bytes of what was found */
export interface Searches {
  readonly guided: Bytes | undefined;
  readonly blind: Bytes | undefined;
}

const secret = fromUtf8('PSKY');
const planted: FuzzTarget = {
  name: 'planted',
  maxBytes: 16,
  dictionary: [],
  seeds: () => [new Uint8Array(8)],
  run(input) {
    if (input[0] !== secret[0]) return;
    if (input[1] !== secret[1]) return;
    if (input[2] !== secret[2]) return;
    if (input[3] === secret[3]) throw new BrokenPromise('found');
  },
};

function search(coverage: Coverage | undefined): Bytes | undefined {
  const options = {
    seed: (workerData as { readonly seed: number }).seed,
    corpus: [],
    goOn: (execs: number) => execs < 200_000,
  };
  const { finding } = fuzz(planted, coverage === undefined ? options : { ...options, coverage });
  coverage?.close();
  return finding?.input.subarray(0, secret.length);
}

const searches: Searches = {
  guided: search(new Coverage((url) => url === import.meta.url)),
  blind: search(undefined),
};
parentPort?.postMessage(searches);
