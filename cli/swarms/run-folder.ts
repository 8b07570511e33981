// What `psky run PATH` runs: a *.swarm.ts, or the one in a folder, with run.ts beside it. It is checked first; then both are
// bundled, since Node loads no TypeScript, with what they import from this package taken from here.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type ErrorName, errorRowOfCode, PskyError } from '../../lib/errors.ts';
import type { Choreography } from '../../swarms/index.ts';
import {
  type Description,
  descriptionHash,
  type Implementation,
  type Interceptor,
  Interceptors,
  type Program,
  programOf,
  type Run,
} from '../../swarms/run/index.ts';
import { readSource } from '../../swarms/source/index.ts';
import { bundleModule } from './bundle-module.ts';

export interface RunFolder {
  readonly program: Program;
  /** the program's, with the bodies of phases, which only the source shows; without them where there are warnings */
  readonly checked: Description;
  readonly start: { readonly role: string; readonly input: unknown };
  readonly implementations: Readonly<Record<string, Implementation>>;
  readonly intercept: readonly Interceptor[];
}

const swarmFile = /\.swarm\.[cm]?[jt]s$/;
const runFile = /^run\.[cm]?[jt]s$/;

/** @throws PskyError where it is missing, wrong, or cannot be bundled */
export async function loadRunFolder(path: string): Promise<RunFolder> {
  const folder = await openRunFolder(path);
  try {
    return await folder.load();
  } finally {
    folder.close();
  }
}

export interface OpenRunFolder {
  /** Anew each time: what its modules keep in memory begins again. */
  load(): Promise<RunFolder>;
  close(): void;
}

/** @throws PskyError as above */
export async function openRunFolder(path: string): Promise<OpenRunFolder> {
  const swarm = swarmIn(path);
  const descriptions = requireChecked(swarm);
  const run = runBeside(swarm);
  const contents = `export * as swarm from ${JSON.stringify(swarm)};\nexport { default } from ${JSON.stringify(run)};\n`;
  const bundle = await bundleModule({ contents, resolveDir: dirname(swarm) });
  let loads = 0;
  return {
    load: async () => folderOf((await import(`${bundle.url}?${loads++}`)) as Loaded, { swarm, run, descriptions }),
    close: () => bundle.remove(),
  };
}

interface Sources {
  readonly swarm: string;
  readonly run: string;
  readonly descriptions: readonly Description[];
}

function folderOf(loaded: Loaded, { swarm, run, descriptions }: Sources): RunFolder {
  const { default: file } = loaded;
  if (!isRun(file)) throw unusable(`${run} has another default export.`);
  const program = programOf(choreographyIn(loaded.swarm, swarm));
  const stray = Object.keys(file.agents).find((role) => program.description.roles[role] === undefined);
  if (stray !== undefined) throw unusable(`${run}: '${stray}' is no role of ${program.description.name}.`);
  const { role, input } = file.start;
  const { phases, start } = program.description;
  const first = phases[start];
  if (first?.kind !== 'phase' || first.at !== role)
    throw unusable(`${run}: the process begins at '${first?.kind === 'phase' ? first.at : start}', not at '${role}'.`);
  const checked = descriptions.find((each) => descriptionHash(each) === program.hash) ?? program.description;
  const { intercept = [] } = file;
  new Interceptors(intercept); // says what is wrong with one
  return { program, checked, start: { role, input }, implementations: file.agents, intercept };
}

const unusable = (detail: string): PskyError => new PskyError('swarm-run-unusable', detail);

function swarmIn(path: string): string {
  const found = resolve(path);
  const info = statSync(found, { throwIfNoEntry: false });
  if (info === undefined) throw new PskyError('swarm-file-unreadable', `${path}.`);
  if (!info.isDirectory()) {
    if (!swarmFile.test(found)) throw unusable(`${path} is no *.swarm.ts.`);
    return found;
  }
  const files = readdirSync(found).filter((name) => swarmFile.test(name));
  if (files.length !== 1) throw unusable(`${path} holds ${files.length} files *.swarm.ts, and should hold one.`);
  return join(found, files[0] as string);
}

function runBeside(swarm: string): string {
  const folder = dirname(swarm);
  const name = readdirSync(folder).find((each) => runFile.test(each));
  if (name === undefined) throw unusable(`There is no run.ts in ${folder}.`);
  return join(folder, name);
}

/** Nothing runs that `psky check` finds wrong. */
function requireChecked(swarm: string): readonly Description[] {
  const { descriptions, diagnostics } = readSource(swarm, readFileSync(swarm, 'utf8'));
  const first = diagnostics.find(({ severity }) => severity === 'error');
  if (first === undefined) return descriptions;
  const row = errorRowOfCode(Number(first.code.replace('PSKY-', '')));
  const place = `${basename(first.file)}:${first.line}:${first.column}: ${first.message} ${first.suggestion}`;
  throw new PskyError((row?.name ?? 'swarm-run-unusable') as ErrorName, place);
}

interface Loaded {
  readonly swarm: Readonly<Record<string, unknown>>;
  readonly default: unknown;
}

function choreographyIn(exports: Readonly<Record<string, unknown>>, file: string): Choreography {
  const found = Object.values(exports).filter(isChoreography);
  if (found.length !== 1) throw unusable(`${file} exports ${found.length} choreographies, and should export one.`);
  return found[0] as Choreography;
}

function isChoreography(value: unknown): value is Choreography {
  return typeof value === 'object' && value !== null && 'roles' in value && 'phases' in value && 'start' in value;
}

function isRun(value: unknown): value is Run {
  if (typeof value !== 'object' || value === null || !('start' in value) || !('agents' in value)) return false;
  const { start, agents } = value;
  if ('intercept' in value && !Array.isArray(value.intercept)) return false;
  if (typeof start !== 'object' || start === null || !('role' in start) || typeof start.role !== 'string') return false;
  return (
    typeof agents === 'object' &&
    agents !== null &&
    Object.values(agents).every((each) => typeof each === 'function' || (typeof each === 'object' && each !== null))
  );
}
