// A file of tests, TypeScript or JavaScript: bundled, and run by the test runner of Node. Its output and its exit code are
// those of the runner.

import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { PskyError } from '../../lib/errors.ts';
import { exitCode } from '../exit.ts';
import type { Call } from '../verb.ts';
import { bundleModule } from './bundle-module.ts';
import type { Tested } from './test-paths.ts';

export const isTestFile = (path: string): boolean => /\.test\.[cm]?[jt]s$/.test(path);

/** @throws PskyError where it is not there, or cannot be bundled */
export async function runTestFile(call: Call, path: string): Promise<Tested> {
  const file = resolve(path);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new PskyError('swarm-file-unreadable', `${path}.`);
  const module = await bundleModule({ contents: `import ${JSON.stringify(file)};\n`, resolveDir: dirname(file) });
  // the terminal signals both: the runner ends, and the bundle is removed
  const stay = (): void => undefined;
  process.on('SIGINT', stay);
  try {
    const code = await run(call.out.json, module.file);
    return { answer: { path, exitCode: code }, text: '', code };
  } finally {
    process.off('SIGINT', stay);
    module.remove();
  }
}

/** With --json standard output has one line, which is ours: the runner's goes to standard error. */
function run(json: boolean, file: string): Promise<number> {
  const args = ['--enable-source-maps', '--test', file];
  const child = spawn(process.execPath, args, { stdio: ['inherit', json ? 2 : 'inherit', 'inherit'] });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('exit', (code) => done(code ?? exitCode.error));
  });
}
