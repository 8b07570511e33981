// Runs suites under every supported line of Node, each in a fresh copy of the sources with packages of its own, and keeps
// what came of it in bench/results/nodes.json. The Nodes are npm packages that hold the binary, so nothing else is fetched.
//
//   npm run test:nodes                                   every suite but tidy, under each Node
//   npm run test:nodes -- unit e2e/start                 these suites or files
//   npm run test:nodes -- --node 24,26 unit              under these

import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const resultFile = join(root, 'bench', 'results', 'nodes.json');

/** the newest of each line that the package `node-<platform>-<arch>` had when this list was last changed */
const releases = ['20.20.2', '22.23.3', '24.21.0', '26.12.1'];
/** what depends on the running Node; tidy reads texts */
const everySuite = ['unit', 'compliance', 'conformance', 'model', 'sim', 'e2e'];

const { values, positionals } = parseArgs({ allowPositionals: true, options: { node: { type: 'string' } } });
const suites = positionals.length > 0 ? positionals : everySuite;
const chosen = chooseReleases(values.node);

const base = mkdtempSync(join(tmpdir(), 'psky-nodes-'));
process.once('exit', () => rmSync(base, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
// one copy for all: edits during a run change nothing
copySources(join(base, 'sources'));
const source = stateOfSources();

const results = [];
for (const release of chosen) {
  const result = testUnder(release);
  results.push(result);
  keep(result);
}
print(results);
process.exitCode = results.every((each) => each.failed === 0) ? 0 : 1;

function chooseReleases(majors) {
  const wanted = majors?.split(',');
  const found = releases.filter((release) => wanted === undefined || wanted.includes(release.split('.')[0]));
  if (found.length > 0 && (wanted === undefined || found.length === wanted.length)) return found;
  console.error(`--node takes some of ${releases.map((release) => release.split('.')[0]).join(',')}.`);
  process.exit(2);
}

function testUnder(release) {
  const folder = join(base, release);
  mkdirSync(folder);
  const started = Date.now();
  const result = { node: release, suites, engine: null, addons: {}, passed: 0, failed: 1, skipped: 0, lines: [] };
  console.log(`\nNode ${release}`);
  try {
    const run = runnerFor(installNode(folder, release), join(folder, 'clone'));
    cpSync(join(base, 'sources'), join(folder, 'clone'), { recursive: true });
    // prepare.mjs runs `npm ci`, which chooses or compiles the addons for this Node, and builds
    run(['scripts/prepare.mjs']);
    Object.assign(result, JSON.parse(run(['dist/scripts/addons.js']).stdout));
    const { stdout, status } = run(['scripts/run-tests.mjs', ...suites], { mayFail: true });
    Object.assign(result, readSummary(stdout, status));
  } catch (error) {
    result.lines = [String(error.message)];
    console.log(error.message);
  }
  rmSync(folder, { recursive: true, force: true });
  return { ...result, seconds: Math.round((Date.now() - started) / 1000) };
}

/** @returns the folder of the binary */
function installNode(folder, release) {
  const name = `node-${platform() === 'win32' ? 'win' : platform()}-${arch()}`;
  const home = join(folder, 'node');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"private":true}');
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${release}`];
  const { status, stderr } = spawnSync('npm', args, { cwd: home, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}@${release} cannot be installed: ${stderr.trim().split('\n').at(-1)}`);
  return join(home, 'node_modules', name, 'bin');
}

/** Tracked files and new ones that are not ignored, as they are now; and what is built, so that only changes are built again. */
function copySources(target) {
  const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' });
  for (const path of new Set(stdout.split('\0').filter((each) => each !== '' && existsSync(join(root, each))))) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    copyFileSync(join(root, path), join(target, path));
  }
  if (existsSync(join(root, 'dist'))) cpSync(join(root, 'dist'), join(target, 'dist'), { recursive: true });
}

function stateOfSources() {
  const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim();
  const changes = git('status', '--porcelain', '--', '.', ':!bench/results');
  return { commit: git('rev-parse', 'HEAD'), changed: changes !== '' };
}

/** Everything below, npm and test workers too, finds this Node first. */
function runnerFor(bin, cwd) {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` };
  // npm's own variables would lead back to the Node that runs this script
  for (const name of Object.keys(env)) if (/^npm_|^NODE$/.test(name)) delete env[name];
  return (args, { mayFail = false } = {}) => {
    const stdio = ['ignore', 'pipe', 'inherit'];
    const ended = spawnSync(join(bin, 'node'), args, { cwd, env, stdio, encoding: 'utf8', maxBuffer: 64 << 20 });
    if (ended.status !== 0 && !mayFail) throw new Error(`${args[0]}: ${ended.signal ?? `exit ${ended.status}`}`);
    return ended;
  };
}

function readSummary(stdout, status) {
  process.stdout.write(stdout);
  const lines = stdout.trimEnd().split('\n');
  const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(lines.at(-1) ?? '') ?? [];
  if (passed === undefined) return { failed: 1, lines: [`the runner ended with ${status} and without a summary`] };
  const perSuite = lines.filter((line) => /^\w+ +\d+ passed|^skipped \d+: /.test(line));
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped), lines: perSuite };
}

/** A new run of one Node replaces its earlier one only. */
function keep(result) {
  const before = existsSync(resultFile) ? JSON.parse(readFileSync(resultFile, 'utf8')).results : [];
  const entry = {
    ...result,
    ...source,
    at: new Date().toISOString(),
    machine: { platform: platform(), arch: arch(), cpu: cpus()[0]?.model ?? '', cores: cpus().length },
  };
  const others = before.filter((each) => each.node.split('.')[0] !== result.node.split('.')[0]);
  const all = [...others, entry].sort((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }));
  mkdirSync(dirname(resultFile), { recursive: true });
  writeFileSync(resultFile, `${JSON.stringify({ results: all }, undefined, 2)}\n`);
}

function print(rows) {
  const table = rows.map((each) => [
    each.node,
    each.engine ?? '–',
    Object.entries(each.addons)
      .map(([name, state]) => `${name} ${state}`)
      .join(', ') || '–',
    `${each.passed} passed, ${each.failed} failed, ${each.skipped} skipped`,
    `${each.seconds} s`,
  ]);
  const all = [['Node', 'store', 'addons', suites.join(' '), 'time'], ...table];
  const widths = all[0].map((_, i) => Math.max(...all.map((row) => row[i].length)));
  const lines = all.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
  console.log(`\n${lines.join('\n')}\n\nkept in ${pathToFileURL(resultFile).pathname.slice(root.length + 1)}`);
}
