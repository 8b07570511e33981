// Writes docs/language-reference.md out of the docstrings of the language (swarms/), and the picture of trade finance out of
// its source. `npm run language-docs` brings both up to date; test/tidy tells when they are not.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { type ErrorRow, errorRows, formatErrorCode, isDiagnostic } from '../lib/errors.ts';
import { drawingsOf } from '../swarms/diagram/index.ts';
import { readSource } from '../swarms/source/index.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const example = 'examples/trade-finance/trade-finance.swarm.ts';

interface Section {
  readonly title: string;
  readonly about: string;
  readonly file: string;
  /** names of declarations; `:members` for a table of what is in one */
  readonly parts: readonly string[];
}

const sections: readonly Section[] = [
  {
    title: 'A process',
    about: 'A head, and phases that its types follow: `swarm(name, head).phases(start, { … })`.',
    file: 'swarms/language.ts',
    parts: ['SwarmName', 'swarm', 'Head:members', 'Builder:members'],
  },
  {
    title: 'Roles',
    about: 'Who takes part. `Brings` is the type of what the application of that party passes to its phases.',
    file: 'swarms/parties.ts',
    parts: ['agent', 'client', 'chain', 'group'],
  },
  {
    title: 'State',
    about: 'The variables of a process, each with a schema of zod or of any library that follows Standard Schema.',
    file: 'swarms/parties.ts',
    parts: ['shared', 'between', 'only'],
  },
  {
    title: 'Phases',
    about: "What `p.at('role', { … })` says of a phase.",
    file: 'swarms/phases.ts',
    parts: ['PhaseSpec:members', 'JoinRule', 'atLeast', 'never'],
  },
  {
    title: 'What a phase gets',
    about:
      'The parameter of `run`; `undo` gets the state alone. Beside these there is what the party brings: `agent` in a phase of an agent or a group, `client` in one of a client, `ledger` in one on a chain.',
    file: 'swarms/phases.ts',
    parts: ['Turn:members'],
  },
  {
    title: 'Where a phase goes',
    about:
      '`run` returns what one of these gives; nothing moves before it has returned. `go.name(input)` goes on to a phase that `next` declares, with an input where that phase takes one.',
    file: 'swarms/steps.ts',
    parts: ['Go:members'],
  },
  {
    title: 'Ends',
    about: 'An end inside a branch ends the whole process.',
    file: 'swarms/phases.ts',
    parts: ['end', 'EndSpec:members'],
  },
  {
    title: 'Durations',
    about: 'A bare number is no duration.',
    file: 'lib/units.ts',
    parts: ['milliseconds', 'seconds', 'minutes', 'hours', 'days'],
  },
];

export function languagePages(): ReadonlyMap<string, string> {
  const { descriptions } = readSource(example, readFileSync(join(root, example), 'utf8'));
  const [whole] = descriptions.flatMap(drawingsOf);
  return new Map([
    ['docs/language-reference.md', reference()],
    ['docs/pictures/trade-finance.svg', whole?.svg ?? ''],
  ]);
}

function reference(): string {
  const head = `# The language of choreographies

Generated from the code (\`npm run language-docs\`). How to write a process, step by step: [choreographies.md](choreographies.md). Everything here is exported by \`privatesky/sdk\`.`;
  return `${[head, ...sections.map(sectionText), limitsText(), diagnosticsText()].join('\n\n')}\n`;
}

function sectionText({ title, about, file, parts }: Section): string {
  const source = parse(file);
  const texts = parts.map((part) => {
    const [name = '', members] = part.split(':');
    const node = declarationOf(source, name);
    return members === undefined ? declarationText(name, node) : memberTable(node);
  });
  return [`## ${title}`, about, ...texts].join('\n\n');
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
}

type Declaration = ts.VariableDeclaration | ts.FunctionDeclaration | ts.TypeAliasDeclaration | ts.InterfaceDeclaration;

function declarationOf(source: ts.SourceFile, name: string): Declaration {
  for (const statement of source.statements) {
    const candidates = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [statement];
    for (const each of candidates) {
      const isOne =
        ts.isVariableDeclaration(each) ||
        ts.isFunctionDeclaration(each) ||
        ts.isTypeAliasDeclaration(each) ||
        ts.isInterfaceDeclaration(each);
      if (isOne && each.name?.getText() === name) return each;
    }
  }
  throw new Error(`${source.fileName} has no ${name}.`);
}

function declarationText(name: string, node: Declaration): string {
  const holder = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  const meaning = meaningOf(holder);
  if (meaning === '') throw new Error(`${name} has no docstring.`);
  const parameters = ts
    .getJSDocTags(node)
    .filter(ts.isJSDocParameterTag)
    .map((tag) => `\`${tag.name.getText()}\`: ${ts.getTextOfJSDocComment(tag.comment) ?? ''}.`);
  return `### \`${name}\`\n\n\`\`\`typescript\n${signatureOf(name, node)}\n\`\`\`\n\n${[meaning, ...parameters].join(' ')}`;
}

/** As a reader of types would write it: without what it does. */
function signatureOf(name: string, node: Declaration): string {
  if (ts.isTypeAliasDeclaration(node)) return `type ${name} = ${oneLine(node.type)}`;
  if (ts.isInterfaceDeclaration(node)) return `interface ${name}`;
  const inner = ts.isVariableDeclaration(node) ? node.initializer : node;
  if (inner === undefined || !(ts.isArrowFunction(inner) || ts.isFunctionDeclaration(inner)))
    return `const ${name} = ${inner === undefined ? '' : oneLine(inner)}`;
  const generics = inner.typeParameters === undefined ? '' : `<${inner.typeParameters.map(oneLine).join(', ')}>`;
  return `function ${name}${generics}(${inner.parameters.map(oneLine).join(', ')}): ${inner.type === undefined ? 'void' : oneLine(inner.type)}`;
}

function memberTable(node: Declaration): string {
  const members = ts.isInterfaceDeclaration(node)
    ? [...node.members]
    : ts.isTypeAliasDeclaration(node)
      ? literalsIn(node.type).flatMap((each) => [...each.members])
      : [];
  const rows = members.map((member) => {
    const name = member.name?.getText() ?? placeholderOf(member);
    const meaning = meaningOf(member);
    if (meaning === '') throw new Error(`${node.name?.getText()}.${name} has no docstring.`);
    const optional = member.questionToken === undefined ? '' : 'Optional. ';
    const sentence = `${meaning[0]?.toUpperCase()}${meaning.slice(1)}`;
    return row(`\`${name}\``, typeOf(member), `${optional}${sentence}${/[.?)]$/.test(sentence) ? '' : '.'}`);
  });
  return [row('Name', 'Type', 'Meaning'), '|---|---|---|', ...rows].join('\n');
}

/** where it says something at a glance */
function typeOf(member: ts.TypeElement): string {
  const type = ts.isPropertySignature(member) && member.type !== undefined ? oneLine(member.type) : '';
  return type === '' || type.length > maxTypeLength ? '' : `\`${type}\``;
}

const maxTypeLength = 50;

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** of `{ … } & { … }` the literals */
function literalsIn(type: ts.TypeNode): readonly ts.TypeLiteralNode[] {
  if (ts.isTypeLiteralNode(type)) return [type];
  return ts.isIntersectionTypeNode(type) ? type.types.flatMap(literalsIn) : [];
}

const placeholderOf = (member: ts.TypeElement): string => oneLine(member);

/** The docstring's sentences, without its tags. */
function meaningOf(node: ts.Node): string {
  const [first] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return (ts.getTextOfJSDocComment(first?.comment) ?? '').replaceAll(/\s+/g, ' ').trim();
}

const oneLine = (node: ts.Node): string => node.getText().replaceAll(/\s+/g, ' ');

function limitsText(): string {
  const rows = parse('swarms/limits.ts')
    .statements.filter(ts.isVariableStatement)
    .map((statement) => {
      const [declaration] = statement.declarationList.declarations;
      const meaning = meaningOf(statement);
      if (meaning === '') throw new Error(`${declaration?.name.getText()} has no docstring.`);
      return row(`\`${declaration?.name.getText()}\``, declaration?.initializer?.getText() ?? '', meaning);
    });
  return `## Limits\n\n${[row('Name', 'Value', 'Of what'), '|---|---|---|', ...rows].join('\n')}`;
}

function diagnosticsText(): string {
  const rows = (errorRows as readonly ErrorRow[])
    .filter(({ code }) => isDiagnostic(code))
    .map(({ code, meaning, remedy }) => {
      const text = formatErrorCode(code);
      return `| [${text}](errors/${text}.md) | ${meaning} | ${remedy} |`;
    });
  return `## Diagnostics

What \`psky check\` says. Each has an example in \`test/corpus/broken\`, but for the one about files that cannot be read.

${['| Code | What is wrong | What to do |', '|---|---|---|', ...rows].join('\n')}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const [path, text] of languagePages()) writeFileSync(join(root, path), text);
