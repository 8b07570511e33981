import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import ts from 'typescript';
import { readSource, root } from '../../tidy/sources.ts';

// The programs of docs/choreographies.md compile, and the command prints what the page says.

const page = readSource('docs/choreographies.md');
const blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
  language,
  text,
}));
/** the first line of a program names its file */
const programs = blocks.flatMap(({ language, text }) => {
  const [, name] = /^\/\/ (\S+)\n/.exec(text) ?? [];
  return name === undefined ? [] : [{ language, name, text }];
});
/** instants and hashes are others each time */
const steady = (text: string): string =>
  text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'instant').replaceAll(/\b[0-9a-f]{16,}\b/g, 'hash');
const sessions = blocks.filter(({ language }) => language === 'console');

t.test('every block is a program or a session', async (t) => {
  t.ok(programs.length >= 4 && sessions.length >= 3);
  t.equal(programs.length + sessions.length, blocks.length);
});

t.test('the programs compile', async (t) => {
  const { compilerOptions } = ts.parseConfigFileTextToJson('tsconfig.json', readSource('tsconfig.json')).config;
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, root);
  const texts = new Map(
    programs.filter(({ language }) => language === 'typescript').map(({ name, text }) => [join(root, name), text]),
  );
  const host = ts.createCompilerHost(options);
  const files: ts.CompilerHost = {
    ...host,
    fileExists: (path) => texts.has(path) || host.fileExists(path),
    readFile: (path) => texts.get(path) ?? host.readFile(path),
    getSourceFile: (path, version) => {
      const text = texts.get(path);
      return text === undefined ? host.getSourceFile(path, version) : ts.createSourceFile(path, text, version);
    },
  };
  const program = ts.createProgram([...texts.keys()], { ...options, noEmit: true, incremental: false }, files);
  for (const path of texts.keys()) {
    const file = program.getSourceFile(path);
    const diagnostics = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    t.strictSame(
      diagnostics.map((each) => ts.flattenDiagnosticMessageText(each.messageText, '\n')),
      [],
      path,
    );
  }
});

t.test('the command prints what the page says', async (t) => {
  const folder = t.testdir();
  for (const { name, text } of programs) writeFileSync(join(folder, name), text);
  for (const { text } of sessions) {
    const [typed = '', ...printed] = text.split('\n');
    const [, args = ''] = /^\$ npx psky (.*)$/.exec(typed) ?? [];
    const { stdout } = spawnSync(process.execPath, [join(root, 'dist', 'cli', 'main.js'), ...args.split(' ')], {
      cwd: folder,
      encoding: 'utf8',
    });
    t.equal(steady(stdout), steady(printed.join('\n')), typed);
  }
});
