// Two processes that want one home: whatever one of them has done when the other comes, or when it dies, one has it.

import { type ChildProcess, spawn } from 'node:child_process';
import fs, { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import t from 'tap';
import { holderOf, lockHome } from '../../../cli/home/lock.ts';
import { PskyError } from '../../../lib/errors.ts';

const dead = JSON.stringify({ pid: process.pid, started: 'before this process' });
/** the calls by which a lock is looked at and changed; before each of them another process may come */
const steps = ['writeFileSync', 'linkSync', 'readFileSync', 'renameSync', 'rmSync'] as const;

/** Runs `action`, and `before` right before its n-th step, where it has so many. */
function interrupted(n: number, before: () => void, action: () => void): void {
  const originals = steps.map((name) => [name, fs[name]] as const);
  let count = 0;
  for (const [name, original] of originals) {
    Object.assign(fs, {
      [name]: (...args: unknown[]) => {
        if (!String(args[0]).startsWith('/proc/') && ++count === n) before();
        return Reflect.apply(original, fs, args);
      },
    });
  }
  syncBuiltinESMExports();
  try {
    action();
  } finally {
    for (const [name, original] of originals) Object.assign(fs, { [name]: original });
    syncBuiltinESMExports();
  }
}

function holds(path: string): boolean {
  try {
    lockHome(path);
    return true;
  } catch (error) {
    if (error instanceof PskyError && error.row.name === 'home-in-use') return false;
    throw error;
  }
}

/** Another process takes the lock now, says whether it got it, and stays. */
function rival(path: string, script = ''): { child: ChildProcess; got: boolean } {
  const said = join(dirname(path), 'said');
  fs.rmSync(said, { force: true });
  const lock = new URL('../../../cli/home/lock.js', import.meta.url).href;
  const code = `import fs, { renameSync, writeFileSync } from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    import { lockHome } from ${JSON.stringify(lock)};
    ${script}
    let got = true;
    try { lockHome(${JSON.stringify(path)}); } catch { got = false; }
    writeFileSync(${JSON.stringify(`${said}.new`)}, String(got));
    renameSync(${JSON.stringify(`${said}.new`)}, ${JSON.stringify(said)});
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!existsSync(said) && isAlive(child.pid as number))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  return { child, got: existsSync(said) && fs.readFileSync(said, 'utf8') === 'true' };
}

/** asked of the kernel: this process does not come to hear of a child's end while it waits */
function isAlive(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

for (const stale of [true, false]) {
  t.test(
    `a rival at any instant: one of two has the lock (${stale ? 'a dead one lies there' : 'none is there'})`,
    (t) => {
      for (let n = 1, came = true; came; n++) {
        const path = join(t.testdir(), 'lock.json');
        if (stale) writeFileSync(path, dead);
        let other: { child: ChildProcess; got: boolean } | undefined;
        let mine = false;
        const come = (): void => {
          other = rival(path);
        };
        interrupted(n, come, () => {
          mine = holds(path);
        });
        came = other !== undefined;
        t.equal(mine, other?.got !== true, came ? `a rival before step ${n}` : 'alone');
        t.equal(holderOf(path)?.pid, mine ? process.pid : other?.child.pid);
        other?.child.kill('SIGKILL');
        if (!came) t.ok(n > 3, 'a rival came before every step');
      }
      t.end();
    },
  );
}

t.test('a process that dies at any instant of taking over leaves a lock that the next one takes', (t) => {
  for (let n = 1, died = true; died; n++) {
    const path = join(t.testdir(), 'lock.json');
    writeFileSync(path, dead);
    const dying = `let count = 0;
      for (const name of ${JSON.stringify(steps)}) {
        const original = fs[name];
        fs[name] = (...args) => {
          if (!String(args[0]).startsWith('/proc/') && ++count === ${n}) process.kill(process.pid, 'SIGKILL');
          return original(...args);
        };
      }
      syncBuiltinESMExports();`;
    const first = rival(path, dying);
    died = !existsSync(join(dirname(path), 'said'));
    if (!died) t.ok(first.got && n > 10, 'lived through all steps');
    else t.ok(holds(path), `died at step ${n}: ${readdirSync(dirname(path))}`);
    first.child.kill('SIGKILL');
  }
  t.end();
});

t.test('what is no lock of a living process does not keep the home locked', (t) => {
  for (const text of ['', '{}', 'null', '{"pid":1}', dead]) {
    const path = join(t.testdir(), 'lock.json');
    writeFileSync(path, text);
    t.equal(holderOf(path), undefined);
    t.ok(holds(path), text);
  }
  t.end();
});
