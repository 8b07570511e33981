import { spawn } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { projectFiles, readSource, root } from './sources.ts';

interface Finished {
  readonly status: number | null;
  readonly output: string;
}

function run(program: string, args: readonly string[], cwd = root): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', program), ...args], { cwd });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('close', (status) => resolve({ status, output: output.slice(0, 8_000) }));
  });
}

const cruise = (args: readonly string[], cwd?: string) =>
  run('dependency-cruiser/bin/dependency-cruise.mjs', ['--output-type', 'err', ...args], cwd);
const config = join(root, '.dependency-cruiser.cjs');

t.test('rooms import only what the architecture allows', async (t) => {
  const folders = new Set(projectFiles(/\.ts$/).map((path) => path.split('/')[0] ?? path));
  const { status, output } = await cruise(['--config', config, ...folders]);
  t.equal(status, 0, output);
  t.match(output, /[1-9]\d* modules/, 'files were read');
});

t.test('every import rule catches its planted violation', async (t) => {
  const fixture = join(root, 'test', 'fixtures', 'imports');
  const { output } = await cruise(['--config', config, '.'], fixture);
  const rules = [...readSource('.dependency-cruiser.cjs').matchAll(/name: '([a-z-]+)'/g)].map(
    (match) => match[1] as string,
  );
  const rooms = ['lib', 'actors', 'storage', 'net', 'swarms', 'consensus', 'ledger'].map((room) => `room-${room}`);
  t.ok(rules.length > 10);
  for (const rule of [...rules, ...rooms]) t.match(output, `error ${rule}:`, rule);
});

t.test('format and lint', async (t) => {
  const { status, output } = await run('@biomejs/biome/bin/biome', [
    'check',
    '--colors=off',
    '--max-diagnostics=20',
    '.',
  ]);
  t.equal(status, 0, output);
});

t.test('no unused file, export or package', async (t) => {
  const { status, output } = await run('knip/bin/knip.js', ['--no-progress']);
  t.equal(status, 0, output);
});
