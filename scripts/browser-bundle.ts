// Writes dist/browser/sdk.js: the sdk and the light client as one module for browsers, which the package exports under the
// condition `browser`. A built-in module of Node that would get into it fails the build. `npm run build` makes it.

import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Metafile } from 'esbuild';

const output = fileURLToPath(new URL('..', import.meta.url));
export const bundlePath = join(output, 'browser', 'sdk.js');

/** @returns what went into it */
export async function bundleForBrowsers(): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [join(output, 'sdk', 'drivers', 'browser.js')],
    outfile: bundlePath,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    sourcemap: true,
    metafile: true,
    logLevel: 'error',
  });
  return metafile;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await bundleForBrowsers();
