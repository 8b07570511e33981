// What breaks things on purpose takes a token of the run that is to be broken: a file that only the home's owner reads.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { writeFileSync } from 'node:fs';

/** @returns whether a text is the token of this run, which is in the file now */
export function issueToken(file: string): (given: unknown) => boolean {
  const token = randomBytes(16).toString('hex');
  writeFileSync(file, token, { mode: 0o600 });
  const wanted = Buffer.from(token);
  return (given) => {
    const bytes = Buffer.from(String(given));
    return bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
  };
}
