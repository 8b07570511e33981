import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../tidy/sources.ts';
import { psky, shortFolder } from './psky.ts';

const example = (name: string): string => join(root, 'examples', name);
const fixture = (name: string): string => join(root, 'test', 'fixtures', 'run', name);

t.test('a choreography is tried under seeds, and it is said where they have been', { timeout: 240_000 }, async (t) => {
  const both = [example('purchase'), join(example('echo'), 'echo.swarm.ts')];
  const { status, stdout } = await psky('test', ...both, '--seeds', '3', '--faults', 'lost,deaths', '--json');
  t.equal(status, 0);
  t.equal(stdout.trim().split('\n').length, 1, 'one line');
  const { tests } = JSON.parse(stdout);
  t.match(tests, [
    {
      path: both[0],
      seeds: 3,
      instances: 9,
      violations: [],
      coverage: { phases: { order: 3, pay: 3 }, ends: { paid: 3 } },
    },
    { path: both[1], coverage: { successors: { 'call → reflect': 3 } }, never: { ends: ['unheard'] } },
  ]);
  const text = await psky('test', example('purchase'), '--seeds', '1', '--input', '{"item":"violin","limit":5}');
  t.match(text.stdout, '1 seed, 3 instances: nothing is wrong');
  t.match(text.stdout, 'ends: 1 of 4 reached (in so many seeds): declined (1)', 'another input reaches another end');
  t.match(text.stdout, 'never: paid, unpaid, abandoned');
});

t.test('a seed that fails is printed with the command that tries it again', { timeout: 240_000 }, async (t) => {
  const folder = fixture('doubled');
  const { status, stdout } = await psky('test', folder, '--seeds', '2', '--faults', 'none');
  t.equal(status, 1);
  t.match(stdout, 'seed 2: each phase takes effect once: counter ');
  const [, line = ''] = /replay with: psky (.*--seed 2 .*)/.exec(stdout) ?? [];
  t.equal(line, `test ${folder} --seed 2 --faults none`);
  const again = await psky(...line.split(' '), '--json');
  t.equal(again.status, 1);
  t.match(JSON.parse(again.stdout), {
    tests: [{ seeds: 1, violations: [{ seed: 2, invariant: 'each phase takes effect once', replay: `psky ${line}` }] }],
  });
});

t.test(
  'a file of tests is run by the runner of Node, whose exit code is passed on',
  { timeout: 240_000 },
  async (t) => {
    const folder = shortFolder(t);
    const write = (name: string, end: string): string => {
      const file = join(folder, name);
      const text = `import assert from 'node:assert';
import { test } from 'node:test';
import { testNetwork } from 'privatesky/testing';
import { echo } from ${JSON.stringify(join(example('echo'), 'echo.swarm.ts'))};

test('an echo ends', async (): Promise<void> => {
  const network = await testNetwork(echo);
  assert.equal((await network.run({ words: 'abc' })).end, '${end}');
});
`;
      writeFileSync(file, text);
      return file;
    };
    const right = await psky('test', write('right.test.ts', 'ok'));
    t.match(right, { status: 0, stdout: /an echo ends/ });
    const wrong = write('wrong.test.ts', 'timeout');
    const failed = await psky('test', wrong);
    t.equal(failed.status, 1);
    t.match(failed.stdout, 'wrong.test.ts:8', 'the place in the source');
    const json = await psky('test', wrong, '--json');
    t.same(JSON.parse(json.stdout), { tests: [{ path: wrong, exitCode: 1 }] });
    t.match(json.stderr, 'an echo ends');
  },
);

t.test('what cannot be tested is refused by its code', { timeout: 240_000 }, async (t) => {
  const code = async (...args: readonly string[]): Promise<unknown> => {
    const { status, stdout } = await psky('test', ...args, '--json');
    return [status, JSON.parse(stdout).error.code];
  };
  t.same(await code(join(root, 'nothing.test.ts')), [1, 'PSKY-6026']);
  t.same(await code(join(root, 'nothing')), [1, 'PSKY-6026']);
  t.same(await code(fixture('client')), [1, 'PSKY-6102']);
  t.same(await code(join(root, 'README.md')), [1, 'PSKY-6122']);
  t.same(await code(example('echo'), '--faults', 'plague'), [2, 'PSKY-1001']);
  t.same(await code(example('echo'), '--seeds', '0'), [2, 'PSKY-1001']);
  t.same(await code(example('echo'), '--input', '{'), [2, 'PSKY-1001']);
  t.same(await code(example('echo'), '--input', '{}'), [1, 'PSKY-6103']);
  const broken = join(shortFolder(t), 'broken.test.ts');
  writeFileSync(broken, 'import "./nothing.ts";\n');
  t.same(await code(broken), [1, 'PSKY-6122']);
});
