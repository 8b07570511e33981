import { appendFileSync, existsSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { keptLogFiles } from '../../../cli/limits.ts';
import { openLogFile } from '../../../cli/log-file.ts';
import { formatLogLine, type LogFilter, passesFilter } from '../../../cli/log-lines.ts';
import { LogReader } from '../../../cli/log-reader.ts';

const paper = { coloured: false, columns: 80 };
const style = { paper, names: new Map() };
const all = (): boolean => true;

function line(fields: Readonly<Record<string, unknown>> = {}): string {
  const usual = { level: 'warn', ts: '2026-01-02T03:04:05.678Z', node: 'v1', module: 'net', msg: 'link down' };
  return JSON.stringify({ ...usual, ...fields });
}

t.test('a line for people: time, member, level, module, message, fields', async (t) => {
  t.equal(formatLogLine(line({ peer: 'v2' }), style), '03:04:05.678 warn  net       link down peer=v2');
  t.equal(
    formatLogLine(line({ level: 'info', tries: [1, 2] }), { ...style, label: { name: 'v1', width: 3, index: 0 } }),
    '03:04:05.678 v1  info  net       link down tries=[1,2]',
  );
  for (const foreign of ['Error: no JSON', '[1]', '{"ts":5}', '{"level":null,"msg":{}}']) {
    t.equal(formatLogLine(foreign, style), foreign, 'as it stands');
  }
  t.equal(
    formatLogLine('Error: no JSON', { ...style, label: { name: 'v1', width: 2, index: 0 } }),
    '             v1 Error: no JSON',
  );
});

t.test('hundreds of thousands of lines that came between two looks are shown', (t) => {
  const path = join(t.testdir(), 'node.log');
  writeFileSync(path, '');
  const reader = new LogReader(path);
  reader.last({ lines: 1 }, all);
  appendFileSync(path, 'x\n'.repeat(400_000));
  t.equal(reader.fresh().length, 400_000);
  reader.close();
  t.end();
});

t.test('nodes have their names, other hashes eight digits', async (t) => {
  const names = new Map([['ab'.repeat(32), 'v3']]);
  const text = formatLogLine(line({ peer: 'ab'.repeat(32), hash: 'cd'.repeat(32), actor: `${'ab'.repeat(32)}/x` }), {
    paper,
    names,
  });
  t.match(text, /peer=v3 hash=cdcdcdcd… actor=v3\/x$/);
});

t.test('colours change nothing but colours', async (t) => {
  for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) {
    const text = formatLogLine(line({ level }), { ...style, paper: { coloured: true, columns: 80 } });
    t.not(text, stripVTControlCharacters(text));
    t.equal(stripVTControlCharacters(text), formatLogLine(line({ level }), style));
  }
});

t.test('filters: level and more serious ones, modules with what is below them, an instant', async (t) => {
  const passes = (fields: object, filter: Partial<LogFilter>): boolean =>
    passesFilter(line({ ...fields }), { modules: [], ...filter });
  t.ok(passes({ level: 'error' }, { level: 'warn' }));
  t.ok(passes({ level: 'warn' }, { level: 'warn' }));
  t.notOk(passes({ level: 'info' }, { level: 'warn' }));
  t.ok(passes({ level: 'fatal' }, { level: 'error' }), 'one that we do not know is not hidden');
  t.ok(passes({}, { modules: ['shard', 'net'] }));
  t.ok(passes({ module: 'net/peer' }, { modules: ['net'] }));
  t.notOk(passes({ module: 'network' }, { modules: ['net'] }));
  const sinceMs = Date.parse('2026-01-02T03:04:05.678Z');
  t.ok(passes({}, { sinceMs }));
  t.notOk(passes({}, { sinceMs: sinceMs + 1 }));
  t.ok(passesFilter('Error: no JSON', { modules: [] }));
  t.notOk(passesFilter('Error: no JSON', { modules: ['net'] }));
});

/** What log-file.ts does, at a size that suits a test. */
function rotate(path: string): void {
  for (let i = keptLogFiles - 1; i >= 0; i--) {
    const from = i === 0 ? path : `${path}.${i}`;
    if (existsSync(from)) renameSync(from, `${path}.${i + 1}`);
  }
  writeFileSync(path, '');
}

t.test('the newest lines come from as many files as it takes', async (t) => {
  const path = join(t.testdir(), 'node.log');
  for (let file = 0; file < 7; file++) {
    writeFileSync(path, '');
    for (let i = 0; i < 3; i++) appendFileSync(path, `${file}${i}\n`);
    if (file < 6) rotate(path);
  }
  const last = (lines: number, passes: (line: string) => boolean = all) => new LogReader(path).last({ lines }, passes);
  t.same(last(2), ['61', '62']);
  t.same(last(5), ['51', '52', '60', '61', '62']);
  t.same(
    last(2, (each) => each.endsWith('0')),
    ['50', '60'],
    'those that pass are counted',
  );
  t.equal(last(1_000).length, 15, 'of seven files five are kept');
  t.same(last(0), []);
  utimesSync(`${path}.2`, 1, 1);
  t.same(new LogReader(path).last({ lines: 1_000, sinceMs: 2_000 }, all).length, 6, 'older files are not read');
  t.same(new LogReader(join(t.testdir(), 'nothing.log')).last({ lines: 5 }, all), []);
});

t.test('a rotation while the newest lines are read repeats none of them', async (t) => {
  const path = join(t.testdir(), 'node.log');
  writeFileSync(path, 'one\n');
  rotate(path);
  writeFileSync(path, 'two\n');
  const reader = new LogReader(path);
  t.teardown(() => reader.close());
  let rotated = false;
  const found = reader.last({ lines: 10 }, () => {
    if (!rotated) rotate(path);
    rotated = true;
    return true;
  });
  t.same(found, ['one', 'two']);
  appendFileSync(path, 'three\n');
  t.same(reader.fresh(), ['three']);
});

t.test('following loses and repeats nothing across rotations', async (t) => {
  const path = join(t.testdir(), 'node.log');
  const reader = new LogReader(path);
  t.teardown(() => reader.close());
  t.same(reader.last({ lines: 10 }, all), []);
  t.same(reader.fresh(), [], 'there is no file yet');
  const seen: string[] = [];
  const written: string[] = [];
  const write = (): void => {
    written.push(`line ${written.length}`);
    appendFileSync(path, `${written.at(-1)}\n`);
  };
  // between two looks: nothing, lines, a rotation, several, also with empty files
  for (const steps of ['w', '', 'ww', 'wr', 'wrw', 'rr', 'wrwrww', 'r', 'wrwrwrw', 'w']) {
    for (const step of steps) step === 'w' ? write() : rotate(path);
    seen.push(...reader.fresh());
    t.same(seen, written, steps);
  }
});

t.test('half a line waits for its end; a file that was emptied is read from its start', async (t) => {
  const path = join(t.testdir(), 'node.log');
  writeFileSync(path, 'one\nhal');
  const reader = new LogReader(path);
  t.teardown(() => reader.close());
  t.same(reader.last({ lines: 10 }, all), ['one']);
  appendFileSync(path, 'f\n');
  t.same(reader.fresh(), ['half']);
  writeFileSync(path, 'new\n');
  t.same(reader.fresh(), ['new']);
});

t.test('the real log file is followed across its rotation', async (t) => {
  const path = join(t.testdir(), 'logs', 'node.log');
  const log = openLogFile(path);
  const reader = new LogReader(path);
  t.teardown(() => reader.close());
  const seen: string[] = [];
  for (let i = 0; i < 40; i++) {
    log.write(`${String(i).padEnd(1 << 20, '.')}\n`);
    if (i % 7 === 0) seen.push(...reader.fresh());
  }
  log.write('the end\n');
  seen.push(...reader.fresh());
  log.close();
  t.ok(existsSync(`${path}.2`), 'it was rotated twice');
  t.same(
    seen.map((each) => each.replace(/\.*$/, '')),
    [...Array.from({ length: 40 }, (_, i) => String(i)), 'the end'],
  );
  t.match(readFileSync(path, 'utf8'), /the end\n$/);
});
