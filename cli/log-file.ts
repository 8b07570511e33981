// A log file that is rotated by size: node.log, then node.log.1 (newest) to node.log.4. Lines are written at once, so that
// the last words of a process that dies are there.

import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { keptLogFiles, rotateBytes } from './limits.ts';

export interface LogFile {
  write(line: string): void;
  close(): void;
}

export function openLogFile(path: string): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let file = openSync(path, 'a', 0o600);
  let size = fstatSync(file).size;
  return {
    write(line) {
      size += writeSync(file, line);
      if (size < rotateBytes) return;
      closeSync(file);
      for (let i = keptLogFiles - 1; i >= 0; i--) {
        const from = i === 0 ? path : `${path}.${i}`;
        if (existsSync(from)) renameSync(from, `${path}.${i + 1}`);
      }
      file = openSync(path, 'a', 0o600);
      size = 0;
    },
    close: () => closeSync(file),
  };
}
