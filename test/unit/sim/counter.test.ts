import t from 'tap';
import { counterFaults, runCounter } from '../../../sim/counter.ts';

const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);

t.test('a durable counter loses no answered increment and counts none twice', async (t) => {
  for (const seed of seeds(40)) {
    const report = runCounter({ seed, virtualSeconds: 10, faults: counterFaults });
    t.strictSame(report.violations, [], `seed ${seed}`);
    t.ok(report.commits > 200, `${report.commits} answered`);
  }
});
