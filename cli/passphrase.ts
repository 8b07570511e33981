// A passphrase comes from a file or from a prompt that does not show it, never from an argument, which others can read.

import { PskyError } from '../lib/errors.ts';
import { askLine } from './ask.ts';
import { readSecretFile } from './home/key-files.ts';

/** @throws PskyError `passphrase-needed` where none comes: without a file off a terminal, or where the prompt is left */
export async function askPassphrase(file: string | undefined, question: string): Promise<string> {
  if (file !== undefined) return readSecretFile(file).split(/\r?\n/, 1)[0] ?? '';
  if (process.stdin.isTTY !== true) throw new PskyError('passphrase-needed');
  const answer = await askLine(question, true);
  if (answer === undefined) throw new PskyError('passphrase-needed', 'None was typed.');
  return answer;
}
