// A real terminal for a test: tmux holds it, keys are typed into it, and what stands on it is read back.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { shortFolder } from './psky.ts';

export interface Terminal {
  /** as a person types it, without Enter */
  type(text: string): void;
  /** tmux's names: Enter, Tab, C-c */
  press(...keys: readonly string[]): void;
  /** what stands there; `styled` with the sequences that colour it */
  screen(styled?: boolean): string;
  /** Resolves with the screen once it matches. @throws with the screen when it does not in time */
  until(pattern: RegExp, seconds?: number): Promise<string>;
}

export interface TerminalOptions {
  readonly command: readonly string[];
  readonly columns?: number;
  readonly rows?: number;
  /** all that there is: what a test runner sets (FORCE_COLOR, CI) is nothing that a person has */
  readonly environment: Readonly<Record<string, string>>;
}

/** It ends, with all that runs in it, at the end of the test. */
export function openTerminal(test: { teardown(action: () => void): void }, options: TerminalOptions): Terminal {
  // what runs with the folder in its arguments is ended with it
  const socket = join(shortFolder(test), 'tmux');
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const size = ['-x', String(options.columns ?? 80), '-y', String(options.rows ?? 40)];
  const variables = Object.entries(options.environment).map(([name, value]) => `${name}=${value}`);
  tmux('new-session', '-d', ...size, 'env', '-i', ...variables, ...options.command);
  const screen = (styled = false): string => tmux('capture-pane', '-p', ...(styled ? ['-e'] : []));
  return {
    type: (text) => void tmux('send-keys', '-l', text),
    press: (...keys) => void tmux('send-keys', ...keys),
    screen,
    async until(pattern, seconds = 30) {
      const deadline = Date.now() + seconds * 1_000;
      for (;;) {
        const shown = screen();
        if (pattern.test(shown)) return shown;
        if (Date.now() > deadline) throw new Error(`${pattern} is not there after ${seconds} s:\n${shown}`);
        await new Promise((wake) => setTimeout(wake, 100));
      }
    },
  };
}
