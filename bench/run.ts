// `npm run bench -- NAME…` runs benchmarks one after the other and keeps their figures under bench/results/, with the
// machine, its calibration before and after, and the commit. A name is a file (micro/hash, or hash) or a folder (micro);
// words after a second `--` go to the benchmark. `npm run bench -- compare A B NAME…` runs those of two
// commits in turn (compare.ts). Without names it lists what there is.

import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare } from './compare.ts';
import { calibrate, conditions } from './conditions/index.ts';
import { figureTable, keep, runBench } from './support/runner.ts';

const built = dirname(fileURLToPath(import.meta.url));
const folders = ['micro', 'cluster', 'growth'];

/** micro/hash, micro/verify, … */
const known = folders.flatMap((folder) =>
  readdirSync(join(built, folder))
    .filter((file) => file.endsWith('.js'))
    .map((file) => relative(built, join(built, folder, file)).replace(/\.js$/, '')),
);

function chosen(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const wanted = name.replace(/^bench\//, '').replace(/\.(ts|js)$/, '');
    const found = known.filter(
      (each) => each === wanted || each.startsWith(`${wanted}/`) || each.endsWith(`/${wanted}`),
    );
    if (found.length === 0) throw new Error(`No benchmark is called ${name}. There are: ${known.join(' ')}`);
    return found;
  });
}

async function runAll(names: readonly string[], words: readonly string[]): Promise<void> {
  for (const name of names) {
    console.log(`${name} ${words.join(' ')}`.trimEnd());
    const before = calibrate(tmpdir());
    const figures = await runBench(join(built, `${name}.js`), words);
    const after = calibrate(tmpdir());
    const path = keep(name, { bench: name, words, ...conditions(), calibration: { before, after }, figures });
    console.log(`${figureTable(figures)}\n→ ${path}\n`);
  }
}

const [first, ...rest] = process.argv.slice(2);
const split = rest.indexOf('--');
const [names, words] = split < 0 ? [rest, []] : [rest.slice(0, split), rest.slice(split + 1)];
if (first === undefined) console.log(known.join('\n'));
else if (first === 'compare') {
  const [a, b, ...wanted] = names;
  if (a === undefined || b === undefined) throw new Error('npm run bench -- compare A B [NAME…] [-- rounds]');
  await compare({ a, b, names: chosen(wanted.length === 0 ? ['micro'] : wanted), rounds: Number(words[0] ?? 5) });
} else await runAll(chosen([first, ...names]), words);
