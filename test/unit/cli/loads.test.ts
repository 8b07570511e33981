// What a process of psky loads: a node that holds the compiler takes 50 MB more than it needs.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const main = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));
const hook = `export async function resolve(name, context, next) {
  const found = await next(name, context);
  const heavy = /node_modules.(typescript|esbuild|@dagrejs|zod|hpke)/.exec(found.url);
  if (heavy !== null) console.error('loads ' + heavy[1]);
  return found;
}`;
const watched = `import { register } from 'node:module'; register('data:text/javascript,' + ${JSON.stringify(encodeURIComponent(hook))});`;

async function loaded(...args: readonly string[]): Promise<string> {
  const words = ['--import', `data:text/javascript,${encodeURIComponent(watched)}`, main, ...args];
  return new Promise((resolve) => execFile(process.execPath, words, (_, __, stderr) => resolve(stderr)));
}

t.test('only what reads sources loads the compiler', async (t) => {
  t.equal(await loaded('start', '--help'), '');
  t.match(await loaded('check', 'examples/echo/echo.swarm.ts'), 'loads typescript');
});

t.test('instances of choreographies are read without compiler and bundler', async (t) => {
  for (const verb of [['list'], ['show', 'nobody']])
    t.notMatch(await loaded('swarms', ...verb, '--home', t.testdir()), /typescript|esbuild|dagrejs/, verb[0] ?? '');
  t.equal(await loaded('swarms', 'show', '--help'), '');
});
