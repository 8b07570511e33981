// The worker of main.ts: fuzzes one target for a while, keeps the corpus, tells the outcome.

import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { addToCorpus, readCorpus } from './corpus.ts';
import { Coverage } from './coverage.ts';
import { type Finding, fuzz, minimise } from './fuzz.ts';
import type { FuzzTarget } from './target.ts';

export interface Started {
  readonly target: string;
  readonly seconds: number;
  readonly seed: number;
  /** two counters of 32 bits (inputs so far, length of the current one), then the current input */
  readonly shared: SharedArrayBuffer;
}

export interface Finished {
  readonly execs: number;
  readonly took: number;
  readonly corpus: number;
  readonly fresh: number;
  readonly functions: number;
  readonly finding: Finding | undefined;
}

const { target: name, seconds, seed, shared } = workerData as Started;
const counters = new Int32Array(shared, 0, 2);
const place = new Uint8Array(shared, 8);
const built = fileURLToPath(new URL('../..', import.meta.url));
const isOurs = (url: string): boolean =>
  url.startsWith('file:') && fileURLToPath(url).startsWith(built) && !fileURLToPath(url).startsWith(`${built}test`);

const coverage = new Coverage(isOurs);
const { targetOf } = await import('./targets.ts');
const target = targetOf(name) as FuzzTarget;
const known = readCorpus(name);
const began = performance.now();
const { execs, finding, corpus } = fuzz(target, {
  seed,
  corpus: known,
  coverage,
  goOn: () => performance.now() - began < seconds * 1000,
  before(input) {
    place.set(input);
    Atomics.store(counters, 1, input.length);
    Atomics.add(counters, 0, 1);
  },
});
const took = (performance.now() - began) / 1000;
const { functions } = coverage;
const learnt = corpus.slice(target.seeds().length + known.length);
const fresh = finding === undefined ? minimise(target, known, learnt, coverage) : [];
addToCorpus(name, fresh);
const finished: Finished = {
  execs,
  took,
  corpus: known.length + fresh.length,
  fresh: fresh.length,
  functions,
  finding,
};
parentPort?.postMessage(finished);
