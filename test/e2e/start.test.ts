// `npm start`: a network in the foreground, Ctrl-C, and a second start that goes on where the first one ended.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { eventually, pause, TestDevnet, testDevnet } from './devnet.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const mainFile = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

interface Foreground {
  readonly stdout: () => string;
  readonly ended: Promise<number | null>;
  /** as a terminal does it: to every process of the group */
  interrupt(): void;
}

/** A process group of its own, as a terminal makes one for each command. */
function foreground(command: string, args: readonly string[], home: string): Foreground {
  const env = { ...process.env, PSKY_HOME: home, PSKY_QUIET: '1' };
  const child = spawn(command, args, { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  return {
    stdout: () => stdout + stderr.replace(/^/gm, '! '),
    ended: new Promise((resolve) => child.on('close', resolve)),
    interrupt: () => void process.kill(-(child.pid as number), 'SIGINT'),
  };
}

async function readyOf(running: Foreground, seconds: number): Promise<void> {
  await eventually('a line ready rpc=…', seconds, async () => /^ready rpc=/m.test(running.stdout())).catch((error) => {
    throw new Error(`${(error as Error).message}\n${running.stdout()}`);
  });
}

function heightSaid(running: Foreground): number {
  return Number(/height (\d+)/.exec(running.stdout())?.[1]);
}

t.setTimeout(0); // the runner's budget for the file decides

t.test('npm start, Ctrl-C, and again', async (t) => {
  const net = testDevnet(t);
  const first = foreground('npm', ['start', '--', '--ports', 'auto'], net.home);
  await readyOf(first, 120);
  t.match(first.stdout(), /^ready rpc=http:\/\/127\.0\.0\.1:\d+$/m);
  for (const name of ['v1', 'v2', 'v3', 'v4']) t.match(first.stdout(), new RegExp(`^ +${name} `, 'm'));
  t.equal((await net.run('tx', 'put', 'greeting', 'hello')).status, 0);
  await interrupt(t, net, first);

  // what npm runs, without npm: its own exit code
  const second = foreground(process.execPath, [mainFile, 'dev'], net.home);
  await readyOf(second, 60);
  t.ok(heightSaid(second) > heightSaid(first) + 1, `height ${heightSaid(first)}, then ${heightSaid(second)}`);
  t.match((await net.run('query', 'get', 'greeting', '--prove')).stdout, /^hello\nproved at height \d+ by v/);
  t.equal(await interrupt(t, net, second), 0);
});

async function interrupt(t: Test, net: TestDevnet, running: Foreground): Promise<number | null> {
  const began = performance.now();
  running.interrupt();
  const status = await Promise.race([running.ended, pause(15_000).then(() => null)]);
  await eventually('no process is left', 5, async () => net.processes().length === 0);
  const seconds = (performance.now() - began) / 1000;
  t.ok(seconds <= 10, `it took ${seconds} s`);
  t.match(running.stdout(), /^drained$/m);
  return status;
}
