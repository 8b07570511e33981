import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { formatReport } from '../../../cli/diagnostics.ts';
import { readSourceFile, writeDrawings } from '../../../cli/source-files.ts';
import type { Paper } from '../../../cli/terminal.ts';
import { readSource } from '../../../swarms/source/index.ts';
import { root } from '../../tidy/sources.ts';
import { broken, codeOf, examples } from '../swarms/sources.ts';

const main = join(root, 'dist', 'cli', 'main.js');

function psky(...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [main, 'check', ...args], { cwd: root, encoding: 'utf8' });
}

t.test('it prints one line of JSON, and its exit code says whether anything was found', async (t) => {
  const clean = psky(...examples.map((each) => each.path), '--json');
  t.equal(clean.stdout, '{"diagnostics":[]}\n');
  t.equal(clean.status, 0);
  const [first, second] = broken;
  const found = psky(first?.path ?? '', second?.path ?? '', '--json');
  t.equal(found.status, 1);
  const { diagnostics } = JSON.parse(found.stdout) as { diagnostics: readonly Record<string, unknown>[] };
  t.strictSame(
    diagnostics.map((each) => [each['file'], each['code']]),
    [first, second].map((each) => [each?.path, codeOf(each ?? { path: '', text: '' })]),
  );
  const keys = ['code', 'severity', 'file', 'line', 'column', 'message', 'suggestion'];
  for (const each of diagnostics) t.strictSame(Object.keys(each), keys);
});

t.test('what is no source is refused, and says why', async (t) => {
  const folder = t.testdir({ 'big.swarm.ts': ' '.repeat(10_000_000), 'file.txt': '' });
  writeFileSync(join(folder, 'bytes.swarm.ts'), Uint8Array.of(0xff, 0xfe, 0x00, 0x80));
  const refused: readonly (readonly [file: string, says: RegExp])[] = [
    [join(folder, 'nowhere.swarm.ts'), /nowhere\.swarm\.ts does not exist\.$/],
    [folder, /is a folder; name the files in it: .*\*\.swarm\.ts\.$/],
    [join(folder, 'big.swarm.ts'), /has 9\.5 MiB; a source has 2\.9 MiB at most\.$/],
    [join(folder, 'bytes.swarm.ts'), /is no text in UTF-8\.$/],
    [join(folder, 'file.txt', 'a.swarm.ts'), /lies in something that is no folder\.$/],
    ['/dev/zero', /is no ordinary file\.$/],
  ];
  for (const [file, message] of refused)
    t.throws(() => readSourceFile(file), { row: { name: 'swarm-file-unreadable' }, message });
  const descriptions = examples.slice(0, 1).flatMap(({ path, text }) => readSource(path, text).descriptions);
  const draw = (to: string) => writeDrawings(to, 'a.swarm.ts', descriptions);
  t.throws(() => draw(join(folder, 'file.txt')), { row: { name: 'swarm-drawing-unwritable' }, message: /file\.txt/ });
  t.equal(draw(join(folder, 'new', 'folder')).length, 6, 'a folder is made');
});

t.test('a file that is not there is the first thing to know', async (t) => {
  const { stdout, status } = psky('--json', broken[0]?.path ?? '', 'nowhere.swarm.ts');
  t.equal(status, 1);
  t.match(JSON.parse(stdout), { error: { code: 'PSKY-6026', name: 'swarm-file-unreadable' } });
});

t.test('files that import each other are checked each for itself', async (t) => {
  const source = examples.find(({ path }) => path.includes('/echo/'))?.text ?? '';
  const folder = t.testdir({
    'a.swarm.ts': `import './b.swarm.ts';\n${source}`,
    'b.swarm.ts': `import './a.swarm.ts';\nimport './gone.ts';\n${source}`,
  });
  const { stdout, status } = psky(join(folder, 'a.swarm.ts'), join(folder, 'b.swarm.ts'), '--diagram');
  t.equal(status, 0, stdout);
  t.match(stdout, /2 files: nothing is wrong\n$/);
  for (const name of ['a.whole.svg', 'a.caller.mmd', 'b.mirror.svg']) t.ok(existsSync(join(folder, name)), name);
  t.match(readFileSync(join(folder, 'a.whole.svg'), 'utf8'), /<title>examples\/echo@1<\/title>/);
});

const reportOf = (paper: Paper, ...codes: readonly string[]): string => {
  const files = broken.filter((file) => codes.includes(codeOf(file)));
  return formatReport(
    paper,
    files.map(({ path, text }) => ({ text, diagnostics: readSource(path, text).diagnostics })),
    [],
  );
};

t.test('people are shown the line, the place in it, and what to do', async (t) => {
  const plain = { coloured: false, columns: Number.POSITIVE_INFINITY };
  t.equal(
    reportOf(plain, 'PSKY-6014', 'PSKY-6020'),
    `test/corpus/broken/PSKY-6014.swarm.ts:16:22 error PSKY-6014
'answer' is at 'answerer' and reads 'limit', which only 'asker' may see.
  16 |       state.answer = state.limit;
     |                      ^
Let a phase at 'asker' decide, or add 'answerer' to the readers of 'limit'.

test/corpus/broken/PSKY-6020.swarm.ts:12:41 warning PSKY-6020
'ask' declares 'done' and never goes there.
  12 |   ask: p.at('asker', { next: ['answer', 'done'], run: ({ go }) => go.answer() }),
     |                                         ^
Go there, or remove it from next.

2 files: 1 error, 1 warning`,
  );
  t.equal(reportOf(plain), '0 files: nothing is wrong');
});

t.test('on a terminal nothing is wider than it, and the mark stays below its place', async (t) => {
  const report = reportOf({ coloured: true, columns: 60 }, 'PSKY-6010');
  t.match(report, /\u001b\[31merror\u001b\[39m/);
  const lines = stripVTControlCharacters(report).split('\n');
  for (const line of lines) t.ok(line.length <= 60, line);
  const mark = lines.findIndex((line) => line.trimEnd().endsWith('^'));
  const column = lines[mark]?.indexOf('^') ?? 0;
  t.match(lines[mark - 1]?.slice(column), /^'meet'/);
  t.match(
    reportOf({ coloured: false, columns: 0 }, 'PSKY-6010'),
    /\^/,
    'where the terminal does not say how wide it is',
  );
});
