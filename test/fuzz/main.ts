// npm run fuzz -- TARGET [--seconds N] [--seed S]      looks for inputs that break a decoder; keeps what it learnt
// npm run fuzz -- TARGET --replay FILE                  runs one input
//
// The loop runs in a worker; this thread watches it, since an input that never returns, or that fills the heap, can only be
// told from outside.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Bytes } from '../../lib/bytes.ts';
import { writeFinding } from './corpus.ts';
import { tryOne } from './fuzz.ts';
import { targetOf, targets } from './targets.ts';
import type { Finished, Started } from './worker.ts';

/** one input may take so long before it counts as one that hangs; thousands run in a second otherwise */
const inputSeconds = 20;
/** of the worker; the corpora and the compiled code take less than 100 MB */
const heapMiB = 512;
/** of the process: byte arrays are not on the heap */
const residentBytes = 1.5 * 2 ** 30;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' }, replay: { type: 'string' } },
});
const target = targetOf(positionals[0] ?? '');
const seconds = Number(values.seconds);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));

if (target === undefined || !(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error(
    `npm run fuzz -- ${targets.map((each) => each.name).join('|')} [--seconds N] [--seed S] [--replay FILE]`,
  );
  process.exitCode = 2;
} else if (values.replay !== undefined) {
  const finding = tryOne(target, new Uint8Array(readFileSync(values.replay)));
  console.log(finding === undefined ? `${target.name}: no finding` : finding.error.stack);
  process.exitCode = finding === undefined ? 0 : 1;
} else run(target.name);

function run(name: string): void {
  const shared = new SharedArrayBuffer(8 + (targetOf(name)?.maxBytes ?? 0));
  const counters = new Int32Array(shared, 0, 2);
  const started: Started = { target: name, seconds, seed, shared };
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: started,
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  let lastCount = -1;
  let since = Date.now();
  const current = (): Bytes => new Uint8Array(shared, 8, Atomics.load(counters, 1)).slice();

  const watch = setInterval(() => {
    const count = Atomics.load(counters, 0);
    if (count !== lastCount) since = Date.now();
    lastCount = count;
    if (Date.now() - since > inputSeconds * 1000) found(current(), new Error(`no answer for ${inputSeconds} s`));
    else if (process.memoryUsage.rss() > residentBytes) found(current(), new Error('memory is not bounded'));
  }, 500);

  function found(input: Bytes, error: Error): void {
    clearInterval(watch);
    const path = writeFinding(name, input);
    console.log(`${name}: ${error.stack}`);
    console.log(`input of ${input.length} bytes in ${path}, seed ${seed}; again:`);
    console.log(`  npm run fuzz -- ${name} --replay ${path}`);
    process.exit(1);
  }

  worker.on('message', ({ execs, corpus, fresh, functions, finding, took }: Finished) => {
    clearInterval(watch);
    const rate = Math.round(execs / took);
    const learnt = `corpus ${corpus} (${fresh} new), ${functions} functions reached`;
    console.log(`${name}: ${execs} execs in ${took.toFixed(0)} s (${rate}/s), ${learnt}, seed ${seed}`);
    if (finding !== undefined) found(finding.input, finding.error);
  });
  worker.on('error', (error) => {
    if (Atomics.load(counters, 0) === 0) throw error; // no input had a part in it
    found(current(), error);
  });
}
