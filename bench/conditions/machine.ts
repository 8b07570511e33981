// On what a figure was taken: the machine, and the commit of the code.

import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** kernel and its release, e.g. linux 6.1.0 */
  readonly system: string;
  readonly arch: string;
  readonly node: string;
}

export interface Conditions {
  readonly machine: Machine;
  /** 40 hex digits, with `-dirty` where files differ from it; null where the code is no clone */
  readonly commit: string | null;
}

export function conditions(): Conditions {
  return { machine: machine(), commit: commit() };
}

function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()}`,
    arch: process.arch,
    node: process.versions.node,
  };
}

/** Of the clone that holds this very file: a package in somebody's node_modules is none, whatever is around it. */
function commit(): string | null {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const git = (...words: string[]): string =>
    execFileSync('git', ['-C', root, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    if (git('ls-files', 'bench/conditions/machine.ts') === '') return null;
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return git('rev-parse', 'HEAD') + (changed ? '-dirty' : '');
  } catch {
    return null; // no git, or no clone
  }
}
