// The examples of a page of the documentation: what stands in its fenced blocks, and what each says that it prints.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
/** as the pages write it */
const documentedAddress = 'http://127.0.0.1:27651';

export interface Example {
  readonly language: string;
  /** of its opening line */
  readonly line: number;
  readonly text: string;
  /** the text behind the arrow in its last line */
  readonly prints: string | undefined;
}

/** @param rpc the node that the examples are to use */
export function examplesOf(page: string, rpc: string): readonly Example[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map((match) => {
    const [, language = '', code = ''] = match;
    return {
      language,
      line: text.slice(0, match.index).split('\n').length,
      text: code.replaceAll(documentedAddress, rpc),
      prints: /(?:#|\/\/|<!--) → (.*?)(?: -->)?\n$/.exec(code)?.[1],
    };
  });
}
