// Asks a person before data is destroyed; off a terminal nobody can be asked.

import { createInterface } from 'node:readline/promises';
import { PskyError } from '../lib/errors.ts';

/** @throws PskyError `confirmation-needed` unless the person says yes */
export async function confirm(question: string): Promise<void> {
  if (process.stdin.isTTY !== true) throw new PskyError('confirmation-needed');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new PskyError('confirmation-needed', 'It was not confirmed.');
}
