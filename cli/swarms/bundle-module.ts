// TypeScript of an application as one module that Node 20 loads, since it loads no TypeScript. What is imported from this
// package is taken from here: one copy of it per process, the one that runs.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { PskyError } from '../../lib/errors.ts';

export interface Module {
  readonly file: string;
  readonly url: string;
  remove(): void;
}

/** @throws PskyError where it cannot be bundled */
export async function bundleModule(source: {
  readonly contents: string;
  readonly resolveDir: string;
}): Promise<Module> {
  const { outputFiles } = await build({
    stdin: { ...source, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'silent',
    banner: {
      js: "import { createRequire as pskyRequire } from 'node:module'; const require = pskyRequire(import.meta.url);",
    },
    plugins: [ownPackage],
  }).catch((error: unknown) => {
    const detail = `It cannot be bundled: ${error instanceof Error ? error.message : String(error)}`;
    throw new PskyError('swarm-run-unusable', detail);
  });
  const folder = mkdtempSync(join(tmpdir(), 'psky-run-'));
  const file = join(folder, 'run.mjs');
  writeFileSync(file, outputFiles[0]?.contents ?? '');
  return {
    file,
    url: pathToFileURL(file).href,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const entries: Readonly<Record<string, string>> = {
  'privatesky/sdk': '../../sdk/drivers/node.js',
  'privatesky/testing': '../../testing/index.js',
};

const ownPackage: Plugin = {
  name: 'privatesky',
  setup({ onResolve }) {
    onResolve({ filter: /^privatesky\/(sdk|testing)$/ }, ({ path }) => ({
      path: new URL(entries[path] ?? '', import.meta.url).href,
      external: true,
    }));
  },
};
