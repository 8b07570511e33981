// How long a command takes to be final far below the capacity: at 100 and at 1,000 a second, where what a block costs
// decides, and not what a command costs. `node dist/bench/cluster/latency.js [seconds] [runs]`

import { type LoadFigures, load, withDevnet } from '../support/devnet.ts';
import { tell } from '../support/figures.ts';

const seconds = process.argv[2] ?? '20';
const runs = Number(process.argv[3] ?? 5);

await withDevnet(async (devnet) => {
  for (const rate of ['100', '1000']) {
    const found: LoadFigures[] = [];
    for (let i = 0; i < runs; i++)
      found.push(await load(devnet, '--mode', 'blob', '--rate', rate, '--seconds', seconds));
    const calibration = found.map((each) => each.calibration);
    for (const key of ['p50', 'p99'] as const) {
      tell(
        `${key} at ${rate}/s`,
        'ms',
        found.map(({ latencyMs }) => latencyMs[key]),
        { seconds, calibration },
      );
    }
  }
});
