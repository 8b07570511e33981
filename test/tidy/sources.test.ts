import { join, relative } from 'node:path';
import t from 'tap';
import ts from 'typescript';
import { projectFiles, readSource, root } from './sources.ts';

const code = projectFiles(/\.(ts|mjs|cjs)$/).filter(
  (path) => !path.startsWith('test/fixtures/') && !path.endsWith('.d.ts'),
);
const product = code.filter((path) => !/^(test|bench|scripts)\//.test(path) && path.endsWith('.ts'));

const worldly = /^(cli|web|examples)\/|\/drivers\/|^drivers\.ts$/;

/** parts of the world that a program reads without an import */
const ambientNames = new Set([
  ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'fetch'],
  ...['Buffer', 'console', 'crypto', 'random', 'globalThis'],
]);

/** The compiler tells a global `process` from a variable of that name. */
function ambientUses(paths: readonly string[], options: ts.CompilerOptions): string[] {
  const program = ts.createProgram([...paths], { ...options, noEmit: true, incremental: false });
  const checker = program.getTypeChecker();
  const uses: string[] = [];
  for (const path of paths) {
    const file = program.getSourceFile(path);
    if (file === undefined) throw new Error(`${path} was not read`);
    const visit = (node: ts.Node): void => {
      if (ts.isTypeNode(node)) return;
      if (
        ts.isIdentifier(node) &&
        ambientNames.has(node.text) &&
        !readsNoClock(node) &&
        isAmbient(checker.getSymbolAtLocation(node))
      ) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart());
        uses.push(`${relative(root, path)}:${line + 1} ${node.text}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return uses;
}

/** An instant that is given is a value: `new Date(ms)`, `value instanceof Date`. */
function readsNoClock(node: ts.Identifier): boolean {
  const { parent } = node;
  if (node.text !== 'Date') return false;
  if (ts.isNewExpression(parent) && parent.expression === node) return (parent.arguments?.length ?? 0) > 0;
  return ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword;
}

function isAmbient(symbol: ts.Symbol | undefined): boolean {
  const declarations = symbol?.declarations ?? [];
  return declarations.length === 0
    ? symbol?.escapedName === 'globalThis'
    : declarations.every((each) =>
        /\/node_modules\/(@types\/node|typescript|undici-types)\//.test(each.getSourceFile().fileName),
      );
}

const options = ts.convertCompilerOptionsFromJson(
  ts.parseConfigFileTextToJson('tsconfig.json', readSource('tsconfig.json')).config.compilerOptions,
  root,
).options;

t.test('nothing outside drivers reads the clock, chance, timers, the process or the network', async (t) => {
  const paths = product.filter((path) => !worldly.test(path)).map((path) => join(root, path));
  t.ok(paths.length > 20);
  t.strictSame(ambientUses(paths, options), []);
});

t.test('the search for ambient uses finds what is planted and nothing else', async (t) => {
  const uses = ambientUses([join(root, 'test', 'fixtures', 'ambient.ts')], options);
  t.strictSame(
    uses.map((use) => use.replace(/^.*:\d+ /, '')),
    ['Date', 'Date', 'random', 'setTimeout', 'process', 'fetch', 'globalThis'],
  );
});

t.test('every product file opens with what it owns, and stays readable', async (t) => {
  // a door only lists names
  for (const path of product.filter((each) => !each.endsWith('index.ts'))) {
    const text = readSource(path);
    const opening = text.replace(/^#!.*\n/, '').split('\n', 1)[0] ?? '';
    t.match(opening, /^\/\/ .{20,}/, `${path} opens with a comment`);
    const lines = text.split('\n').length;
    // errors.ts is one table; the others tell one story each
    const bound = path === 'lib/errors.ts' ? 2_000 : 400;
    t.ok(lines <= bound, `${path} has ${lines} lines, at most ${bound}`);
  }
});

t.test('nothing names a folder of one machine', async (t) => {
  const text = projectFiles(/\.(ts|mjs|cjs|json|md|toml|sh|yml|yaml)$|^\.ci\/run$|^\.taprc$/);
  for (const path of text.filter((each) => each !== 'package-lock.json')) {
    const found = readSource(path).match(/(?<![\w.~])\/(home\/[a-z]|root\/|Users\/[A-Za-z]|work\/[a-z])\S*/g) ?? [];
    t.strictSame(found, [], path);
  }
});

t.test('imports name files with their ending, and leave TypeScript constructs that need emit alone', async (t) => {
  for (const path of code.filter((each) => each.endsWith('.ts'))) {
    const relative = [...readSource(path).matchAll(/from '(\.[^']*)'/g)].map((match) => match[1] as string);
    t.strictSame(
      relative.filter((each) => !/\.(ts|js|mjs|json)$/.test(each)),
      [],
      path,
    );
  }
});
