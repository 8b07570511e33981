// Runs the suites under test/ one after the other (each is a folder; its files run on two cores), prints
// a line per suite, what failed in full, and at the end `N passed, N failed, N skipped`.
//
//   npm test                    everything
//   npm test -- unit model      these suites
//   npm test -- unit/cli        these files
//
// PSKY_PATIENCE=4 multiplies the budgets, for a machine that is busy with other things.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tests = join(root, 'dist', 'test');

/** seconds for one file, files at a time; suites that are not named here run like `unit` */
const budgets = {
  tidy: { fileSeconds: 120, jobs: 2 },
  unit: { fileSeconds: 60, jobs: 2 },
  compliance: { fileSeconds: 60, jobs: 2 },
  conformance: { fileSeconds: 60, jobs: 2 },
  fuzz: { fileSeconds: 60, jobs: 2 },
  model: { fileSeconds: 120, jobs: 2 },
  sim: { fileSeconds: 300, jobs: 2 },
  e2e: { fileSeconds: 240, jobs: 3 },
};
/** all suites together, on two cores: 940 s; 12 minutes with installation were the aim before choreographies came */
const totalSeconds = 1_200;
/** lines of one failing file that are shown */
const shownLines = 120;

const patience = Number(process.env['PSKY_PATIENCE'] ?? 1);
const totals = { pass: 0, fail: 0, skip: 0 };
const reasons = new Map();
const deadline = Date.now() + patience * totalSeconds * 1000;
const chosen = process.argv.slice(2);

for (const [suite, files] of suites()) {
  const wanted = files.filter((file) => chosen.length === 0 || chosen.some((each) => isWithin(file, each)));
  if (wanted.length > 0) await runSuite(suite, wanted);
}
if (totals.pass + totals.fail + totals.skip === 0) {
  console.log(`no tests match ${chosen.join(' ')}`);
  totals.fail = 1;
}
for (const [reason, count] of reasons) console.log(`skipped ${count}: ${reason}`);
console.log(`${totals.pass} passed, ${totals.fail} failed, ${totals.skip} skipped`);
process.exitCode = totals.fail === 0 ? 0 : 1;

function suites() {
  const found = new Map(Object.keys(budgets).map((suite) => [suite, []]));
  const entries = existsSync(tests) ? readdirSync(tests, { recursive: true }) : [];
  for (const entry of entries.map(String).sort()) {
    if (!entry.endsWith('.test.js')) continue;
    const suite = entry.split(/[/\\]/)[0];
    found.set(suite, [...(found.get(suite) ?? []), join(tests, entry)]);
  }
  return found;
}

function isWithin(file, chosenPath) {
  const inside = relative(tests, file);
  const path = chosenPath.replace(/^(dist\/)?test\//, '').replace(/\.ts$/, '.js');
  return inside === path || inside.startsWith(path.endsWith('/') ? path : `${path}/`);
}

async function runSuite(suite, files) {
  const { fileSeconds, jobs } = budgets[suite] ?? budgets.unit;
  const started = Date.now();
  const remaining = deadline - started;
  if (remaining <= 0) {
    totals.fail++;
    console.log(`${suite.padEnd(12)} not run: the budget of ${patience * totalSeconds} s is used up`);
    return;
  }
  const tap = join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs');
  const args = [tap, 'run', '--reporter=tap', `-j${jobs}`, `--timeout=${patience * fileSeconds}`, ...files];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const timer = setTimeout(() => child.kill('SIGTERM'), remaining);
  const outcome = await read(child.stdout);
  const status = await new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once('close', resolve);
  });
  clearTimeout(timer);
  // a runner that breaks off tells no failed test
  if (status !== 0 && outcome.fail === 0) outcome.fail = 1;
  totals.pass += outcome.pass;
  totals.fail += outcome.fail;
  totals.skip += outcome.skip;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const counts = `${outcome.pass} passed, ${outcome.fail} failed, ${outcome.skip} skipped`;
  console.log(`${suite.padEnd(12)} ${counts}, ${files.length} files, ${seconds} s`);
}

/** Reads tap's own output: counts, reasons of skips, and the whole text of files that failed. */
async function read(stream) {
  const outcome = { pass: 0, fail: 0, skip: 0 };
  let file = [];
  for await (const line of createInterface({ input: stream })) {
    const skipped = /# SKIP ?(.*)$/.exec(line);
    if (skipped !== null && /^\s*ok /.test(line))
      reasons.set(skipped[1] || 'no reason given', (reasons.get(skipped[1]) ?? 0) + 1);
    const counts = /^# \{ total: \d+(?:, pass: (\d+))?(?:, fail: (\d+))?(?:, skip: (\d+))?/.exec(line);
    if (counts !== null) {
      for (const [i, name] of ['pass', 'fail', 'skip'].entries()) outcome[name] = Number(counts[i + 1] ?? 0);
    }
    if (/^# Subtest: /.test(line)) file = [];
    file.push(line);
    if (/^not ok/.test(line)) {
      show(file);
      file = [];
    }
  }
  return outcome;
}

function show(lines) {
  const title = lines[0] ?? '';
  const text = lines.slice(1).filter((line) => !/^\s*(ok \d|# Subtest|1\.\.\d|$)/.test(line));
  console.log([title, ...text.slice(0, shownLines)].join('\n'));
  if (text.length > shownLines) console.log(`… ${text.length - shownLines} more lines`);
}
