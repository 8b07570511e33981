import t from 'tap';
import { readSource } from './sources.ts';

interface Lockfile {
  readonly packages: Readonly<
    Record<string, { version?: string; hasInstallScript?: boolean; integrity?: string; resolved?: string }>
  >;
}

const manifest = JSON.parse(readSource('package.json')) as Record<string, Record<string, string>>;
const lockfile = JSON.parse(readSource('package-lock.json')) as Lockfile;

/**
 * Packages that run code when they are installed: each was read. The first three fetch nothing, they choose or compile
 * an addon; the others print or do nothing that is needed.
 */
const allowedInstallScripts = new Set([
  'bufferutil',
  'classic-level',
  'rocksdb',
  // optional; the codec never loads it
  'msgpackr-extract',
  // looks whether its binary, a package of its own in the lockfile, runs
  'esbuild',
  // of clinic, development only
  'es5-ext',
  'protobufjs',
]);

t.test('only packages that were looked at run code when installed', async (t) => {
  for (const [path, entry] of Object.entries(lockfile.packages)) {
    if (entry.hasInstallScript !== true) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    t.ok(allowedInstallScripts.has(name), `${name} has an install script`);
  }
});

t.test('versions are exact and locked with their hashes', async (t) => {
  for (const group of ['dependencies', 'optionalDependencies', 'devDependencies']) {
    for (const [name, version] of Object.entries(manifest[group] ?? {})) {
      t.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${name} ${version}`);
      t.equal(lockfile.packages[`node_modules/${name}`]?.version, version, `${name} is locked`);
    }
  }
  const unhashed = Object.entries(lockfile.packages).filter(
    ([path, entry]) => path !== '' && entry.integrity === undefined,
  );
  t.strictSame(
    unhashed.map(([path]) => path),
    [],
  );
});

t.test('we run nothing when we are installed', async (t) => {
  const scripts = Object.keys(manifest['scripts'] ?? {});
  t.strictSame(
    scripts.filter((name) => /^(pre|post)?(install|prepare|prepublish)$/.test(name)),
    [],
  );
});
