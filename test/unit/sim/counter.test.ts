import t from 'tap';
import { nativeSha256 } from '../../../actors/drivers/native-sha256.ts';
import type { Position, TurnLog } from '../../../actors/index.ts';
import { accelerateSha256 } from '../../../lib/hash.ts';
import { counterFaults, runCounter } from '../../../sim/counter.ts';
import { forgivingDisk } from '../../support/forgiving-disk.ts';

accelerateSha256(nativeSha256);

const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);

t.test('a durable counter loses no answered increment and counts none twice', async (t) => {
  const faults: Record<string, number> = {};
  for (const seed of seeds(30)) {
    const report = runCounter({ seed, virtualSeconds: 6, faults: counterFaults });
    t.strictSame(report.violations, [], `seed ${seed}`);
    t.ok(report.commits > 50, `${report.commits} answered`);
    for (const [kind, count] of Object.entries(report.faults)) faults[kind] = (faults[kind] ?? 0) + count;
  }
  t.strictSame(Object.keys(faults).sort(), [...counterFaults].sort(), JSON.stringify(faults));
});

t.test('one seed gives the same bytes twice, another seed gives others', async (t) => {
  const report = (seed: number) => JSON.stringify(runCounter({ seed, virtualSeconds: 5, faults: counterFaults }));
  t.equal(report(11), report(11));
  t.not(report(11), report(12));
});

/** The gate opens as soon as a record is appended. */
function prematureLog(log: TurnLog): TurnLog {
  const listeners: ((durable: Position) => void)[] = [];
  return {
    append: (kind, parts, lazy) => {
      const position = log.append(kind, parts, lazy);
      for (const listener of listeners) listener(position);
      return position;
    },
    request: (position) => log.request(position),
    get appended() {
      return log.appended;
    },
    get durable() {
      return log.appended;
    },
    onDurable: (listener) => void listeners.push(listener),
    onFailed: (listener) => log.onFailed?.(listener),
  };
}

t.test('without the gate the seeds fail', async (t) => {
  const broken = seeds(10).filter(
    (seed) =>
      runCounter({ seed, virtualSeconds: 20, faults: ['lost-write'], sabotage: { turnLog: prematureLog } })
        .violations[0]?.invariant === 'no answered increment is lost',
  );
  t.ok(broken.length >= 3, `seeds ${broken}`);
});

t.test('without the check of the torn tail the seeds fail', async (t) => {
  const broken = seeds(10).filter(
    (seed) =>
      runCounter({ seed, virtualSeconds: 20, faults: ['torn-write'], sabotage: { disk: forgivingDisk } }).verdict ===
      'violated',
  );
  t.ok(broken.length >= 3, `seeds ${broken}`);
});
