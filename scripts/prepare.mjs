// Makes a clone runnable: installs when node_modules does not match package-lock.json, builds what changed.
// Plain JavaScript, since it runs before anything is installed. A second run costs about a second.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const oldest = [20, 20];

requireNode();
if (!isInstalled()) install();
removeStaleOutput();
run('building', process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root]);

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  console.error(`PrivateSky needs Node ${oldest.join('.')} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/**
 * rocksdb's binary does not load on Node 22 and newer. Its install script would compile RocksDB there for half an hour, or
 * fail, for an engine that is not used then (docs/storage.md): only the scripts of the other addons run.
 */
function install() {
  const quietly = ['--no-audit', '--no-fund', '--loglevel=error'];
  const scripts = Number(process.versions.node.split('.')[0]) < 22;
  run('installing packages', 'npm', ['ci', '--include=dev', ...quietly, ...(scripts ? [] : ['--ignore-scripts'])]);
  if (!scripts) run('choosing addons', 'npm', ['rebuild', 'bufferutil', 'classic-level', 'esbuild', ...quietly]);
}

/** npm keeps a copy of the lockfile's packages in node_modules: both must name the same versions. */
function isInstalled() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const there = installed[path];
    return there === undefined ? entry.optional === true : there.version === entry.version;
  });
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Output of sources that are gone would still be found by the test runner. The bundle for browsers has no source file. */
function removeStaleOutput() {
  const output = join(root, 'dist');
  if (!existsSync(output)) return;
  for (const entry of readdirSync(output, { recursive: true })) {
    const source = String(entry).replace(/\.(js|js\.map|d\.ts)$/, '.ts');
    if (source !== entry && !source.startsWith('browser') && !existsSync(join(root, source)))
      rmSync(join(output, String(entry)));
  }
}

function run(what, command, args) {
  const started = performance.now();
  const quiet = process.env['PSKY_QUIET'] === '1';
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error(`${what} failed${signal ? ` (${signal})` : ''}`);
    process.exit(status ?? 1);
  }
  const seconds = (performance.now() - started) / 1000;
  if (!quiet && seconds > 2) console.error(`${what}: ${seconds.toFixed(1)} s`);
}
