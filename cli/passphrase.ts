// A passphrase comes from a file or from a prompt that does not show it, never from an argument, which others can read.

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { PskyError } from '../lib/errors.ts';
import { readSecretFile } from './home/key-files.ts';

/** @throws PskyError `passphrase-needed` without a file and off a terminal */
export async function askPassphrase(file: string | undefined, question: string): Promise<string> {
  if (file !== undefined) return readSecretFile(file).split(/\r?\n/, 1)[0] ?? '';
  if (process.stdin.isTTY !== true) throw new PskyError('passphrase-needed');
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const answer = await new Promise<string>((resolve) => terminal.question('', resolve));
  terminal.close();
  process.stderr.write('\n');
  return answer;
}
