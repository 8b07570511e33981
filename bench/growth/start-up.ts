// How long a network takes to come back against what it has behind it: bundles of puts are committed, the network is
// stopped and started, and more of them follow. A start reads what the newest snapshot does not cover, so it is bounded by
// the distance between snapshots and not by the age of the chain.
// `node dist/bench/growth/start-up.js [puts a second] [seconds per step] [steps]`

import { performance } from 'node:perf_hooks';
import { load, withDevnet } from '../support/devnet.ts';
import { tell } from '../support/figures.ts';

const [rate = '5000', seconds = '20', steps = '5'] = process.argv.slice(2);
const startsPerStep = 3;

await withDevnet(async (devnet) => {
  let puts = 0;
  for (let step = 0; step <= Number(steps); step++) {
    if (step > 0) {
      const { committed } = await load(devnet, '--mode', 'bundle', '--rate', rate, '--seconds', seconds);
      puts += committed;
    }
    const took: number[] = [];
    for (let i = 0; i < startsPerStep; i++) {
      await devnet.run('dev', 'stop');
      const began = performance.now();
      await devnet.start();
      took.push(performance.now() - began);
    }
    const height = await devnet.heightOf('v1', 'main');
    tell(`start after step ${step}`, 'ms', took, { puts, height });
  }
});
