// npm run e2e -- --seed N [--faults MOST] [--json] [--trace]: real processes under generated faults. Ends with 70 on a violation, and then
// keeps the homes, with their logs.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exitCode } from '../../../cli/exit.ts';
import { killHard, processesOf } from '../psky.ts';
import { drawPlan } from './plan.ts';
import { runPlan } from './run-plan.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    faults: { type: 'string', default: '100' },
    json: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
  },
});
const [seed, most] = [values.seed, values.faults].map(Number) as [number, number];
const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value < 2 ** 32;
if (!isWhole(seed) || !isWhole(most) || most === 0) {
  console.error('--seed and --faults are whole numbers below 2^32, and at least one fault is needed');
  process.exit(exitCode.usage);
}

const folder = mkdtempSync(join(tmpdir(), 'psky-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const pid of processesOf(folder)) killHard(pid);
    rmSync(folder, { recursive: true, force: true });
    process.exit(exitCode.error);
  });
}
const began = performance.now();
const tell = (line: string): void => {
  if (values.trace || !values.json) console.error(`${((performance.now() - began) / 1000).toFixed(1)} s  ${line}`);
};

const { violations, ...verdict } = await runPlan(drawPlan(seed, most), join(folder, 'net'), tell);
if (verdict.verdict === 'ok') {
  rmSync(folder, { recursive: true, force: true });
  console.log(values.json ? JSON.stringify({ seed, ...verdict }) : `seed ${seed} is ok`);
} else {
  const replay = `npm run e2e -- --seed ${seed}${most < 100 ? ` --faults ${most}` : ''}`;
  if (values.json) console.log(JSON.stringify({ seed, ...verdict, violations, replay, homes: folder }));
  else console.log([...violations, `the homes are kept in ${folder}`, `replay with: ${replay}`].join('\n'));
  process.exitCode = exitCode.broken;
}
