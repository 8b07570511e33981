// Asks a person before data is destroyed; off a terminal nobody can be asked.

import { PskyError } from '../lib/errors.ts';
import { askLine } from './ask.ts';

/** @throws PskyError `confirmation-needed` unless the person says yes */
export async function confirm(question: string): Promise<void> {
  if (process.stdin.isTTY !== true) throw new PskyError('confirmation-needed');
  const answer = await askLine(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer?.trim() ?? '')) throw new PskyError('confirmation-needed', 'It was not confirmed.');
}
