// One line from a person at the terminal.

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/**
 * @param hidden what is typed does not show
 * @returns undefined where no line comes: Ctrl-D, Ctrl-C, a terminal that goes away
 */
export async function askLine(question: string, hidden = false): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  if (hidden) process.stderr.write(question);
  const terminal = createInterface({
    input: process.stdin,
    ...(hidden ? { output: nowhere, terminal: true } : { output: process.stderr }),
  });
  const line = await new Promise<string | undefined>((resolve) => {
    terminal.once('close', () => resolve(undefined));
    terminal.question(hidden ? '' : question, resolve);
  });
  terminal.close();
  // Enter shows itself where the line does
  if (hidden || line === undefined) process.stderr.write('\n');
  return line;
}
