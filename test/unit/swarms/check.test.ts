import t from 'tap';
import ts from 'typescript';
import { present } from '../../../lib/assert.ts';
import { type ErrorRow, errorRows, formatErrorCode, isDiagnostic } from '../../../lib/errors.ts';
import { maxSourceLength } from '../../../swarms/limits.ts';
import { readSource } from '../../../swarms/source/index.ts';
import { repairs } from './repairs.ts';
import { broken, codeOf, examples } from './sources.ts';

const rows: readonly ErrorRow[] = errorRows;

t.test('nothing is wrong with the examples', async (t) => {
  t.ok(examples.length >= 4);
  for (const { path, text } of examples) {
    const { descriptions, diagnostics } = readSource(path, text);
    t.strictSame(diagnostics, [], path);
    t.equal(descriptions.length, 1, path);
  }
});

t.test('every diagnostic has an example that gives it and no other', async (t) => {
  const codes = rows.filter((row) => isDiagnostic(row.code)).map((row) => formatErrorCode(row.code));
  // what the command line says of files and folders
  const inFiles = codes.filter((code) => code !== 'PSKY-6026' && code !== 'PSKY-6029');
  t.strictSame(broken.map(codeOf), inFiles);
  for (const file of broken) {
    const { descriptions, diagnostics } = readSource(file.path, file.text);
    t.strictSame(
      diagnostics.map((each) => each.code),
      [codeOf(file)],
      `${file.path} ${JSON.stringify(diagnostics)}`,
    );
    t.strictSame(descriptions, [], 'what is wrong is not handed on');
    for (const { line, column, message, suggestion, severity } of diagnostics) {
      const there = (file.text.split('\n')[line - 1] ?? '').slice(column - 1);
      t.ok(there.startsWith(repairs[codeOf(file)]?.at ?? '?'), `${file.path}:${line}:${column} is the place: ${there}`);
      t.match(message, /^.*\.$/, message);
      t.match(suggestion, /^[A-Z].*[.?]$/, suggestion);
      t.match(severity, /^(error|warning)$/);
    }
  }
});

t.test('what a suggestion asks for sets it right', async (t) => {
  for (const file of broken) {
    const { from, to } = present(repairs[codeOf(file)], `${file.path} has a repair`);
    // and what the change may need
    const repaired = file.text
      .replaceAll(from, to)
      .replace('import { agent,', 'import { between, group, minutes, agent,');
    t.strictSame(readSource(file.path, repaired).diagnostics, [], file.path);
  }
});

t.test('JavaScript is checked alike', async (t) => {
  const asJavaScript = (text: string): string =>
    ts.transpileModule(text, { compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext } })
      .outputText;
  for (const { path, text } of examples)
    t.strictSame(readSource(path.replace(/\.ts$/, '.js'), asJavaScript(text)).diagnostics, [], path);
  for (const file of broken) {
    const { diagnostics } = readSource(file.path.replace(/\.ts$/, '.mjs'), asJavaScript(file.text));
    t.strictSame(
      diagnostics.map((each) => each.code),
      [codeOf(file)],
      file.path,
    );
  }
});

t.test('what is no description is refused with its place', async (t) => {
  const codesOf = (text: string): string[] => readSource('a.swarm.ts', text).diagnostics.map((each) => each.code);
  t.strictSame(codesOf(''), ['PSKY-6001'], 'an empty file');
  t.strictSame(codesOf('export const x = 1;'), ['PSKY-6001'], 'another program');
  t.strictSame(codesOf('x'.repeat(maxSourceLength + 1)), ['PSKY-6001'], 'a file that is too long');
  const [syntax] = readSource('a.swarm.ts', 'const p =\n  = 3;\n').diagnostics;
  t.equal(syntax?.line, 2);
  t.equal(syntax?.column, 3);
  // a name that JavaScript has on every object is no phase, role or variable
  const inherited = examples[0]?.text.replaceAll("'reflect'", "'toString'").replace('go.reflect()', 'go.toString()');
  t.match(codesOf(inherited ?? ''), ['PSKY-6003']);
});
