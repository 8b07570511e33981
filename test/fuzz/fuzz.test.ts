// Every decoder against what broke it once, what its corpus holds, and a short run that is the same every time. Longer
// ones: npm run fuzz -- TARGET --seconds N.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { fromUtf8 } from '../../lib/bytes.ts';
import { readCorpus, readFindings } from './corpus.ts';
import { fuzz, tryOne } from './fuzz.ts';
import type { Searches } from './planted.ts';
import { targets } from './targets.ts';

const seed = 20_260_101;
/** about a second each */
const inputs: Readonly<Record<string, number>> = {
  'peer-frame': 20_000,
  'stream-frame': 10_000,
  'json-rpc': 1_000,
  'journal-segment': 100,
  config: 2_000,
};

for (const target of targets) {
  t.test(`${target.name} keeps its promises`, async (t) => {
    for (const { name, input } of readFindings(target.name)) t.equal(tryOne(target, input)?.error, undefined, name);
    const outcome = fuzz(target, {
      seed,
      corpus: readCorpus(target.name),
      goOn: (execs) => execs < (inputs[target.name] as number),
    });
    const { finding, execs } = outcome;
    const input = finding === undefined ? '' : `, input ${Buffer.from(finding.input).toString('hex')}`;
    t.equal(finding?.error, undefined, `${execs} inputs, seed ${seed}${input}`);
  });
}

t.test('coverage leads the fuzzer to what chance does not find', async (t) => {
  // in a thread of its own, where no test runner's code is counted too
  const worker = new Worker(new URL('./planted.js', import.meta.url), { workerData: { seed } });
  const [{ guided, blind }] = (await once(worker, 'message')) as [Searches];
  t.same(guided, fromUtf8('PSKY'));
  t.equal(blind, undefined);
});
