import { join } from 'node:path';
import t from 'tap';
import ts from 'typescript';
import { projectFiles, readSource, root } from '../../tidy/sources.ts';

// Programs that must not compile, with what the compiler says of each: one mistake, and words that a person understands
// who knows the process and not our types. `// expect:` holds the message, line by line.

const fixtures = projectFiles(/^test\/fixtures\/swarm-types\/.*\.ts$/);
const { compilerOptions } = ts.parseConfigFileTextToJson('tsconfig.json', readSource('tsconfig.json')).config;
const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, root);
const program = ts.createProgram(
  fixtures.map((path) => join(root, path)),
  { ...options, noEmit: true, incremental: false },
);

function messagesOf(path: string): readonly string[] {
  const file = program.getSourceFile(join(root, path));
  const diagnostics = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  return diagnostics.map((each) => ts.flattenDiagnosticMessageText(each.messageText, '\n'));
}

t.test('a right program compiles', async (t) => {
  t.strictSame(messagesOf('test/fixtures/swarm-types/right.ts'), []);
});

t.test('a wrong program does not, and the compiler says why', async (t) => {
  const wrong = fixtures.filter((path) => !path.endsWith('/right.ts'));
  t.ok(wrong.length > 10);
  for (const path of wrong) {
    const expected = [...readSource(path).matchAll(/^\/\/ expect: (.*)$/gm)].map((match) => match[1]);
    const messages = messagesOf(path);
    t.equal(messages.length, 1, `${path}: one mistake, one message`);
    t.equal(messages[0], expected.join('\n'), path);
    const lines = (messages[0] ?? '').split('\n');
    t.ok(lines.length <= 2, `${path}: at most two lines`);
    t.ok(
      (lines.at(-1) ?? '').length <= 240,
      `${path}: the last line, which says what is wrong, fits into three of a terminal`,
    );
  }
});
