// One source file as the compiler's syntax tree: what it imports, what its constants are, where a node stands. Nothing is
// executed and no other file is opened.

import ts from 'typescript';

export interface Place {
  /** from 1 */
  readonly line: number;
  readonly column: number;
}

export class SourceText {
  readonly file: ts.SourceFile;
  /** local name → name that the module exports; `*` for a whole module */
  readonly imported: ReadonlyMap<string, string>;
  readonly #constants: ReadonlyMap<string, ts.Expression | ts.FunctionDeclaration>;

  constructor(path: string, text: string) {
    const kind = /\.[cm]?jsx?$/.test(path) ? ts.ScriptKind.JS : ts.ScriptKind.TS;
    this.file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
    this.imported = importsOf(this.file);
    this.#constants = constantsOf(this.file);
  }

  placeOf(node: ts.Node): Place {
    return this.placeAt(node.getStart(this.file));
  }

  placeAt(position: number): Place {
    const { line, character } = this.file.getLineAndCharacterOfPosition(position);
    return { line: line + 1, column: character + 1 };
  }

  /** The expression itself: without brackets, casts, and names of constants of this file. */
  resolve(node: ts.Expression): ts.Expression | ts.FunctionDeclaration {
    let current: ts.Expression | ts.FunctionDeclaration = node;
    for (let depth = 0; depth < 100; depth++) {
      if (ts.isFunctionDeclaration(current)) return current;
      const inner = unwrap(current);
      const constant = ts.isIdentifier(inner) ? this.#constants.get(inner.text) : undefined;
      if (constant === undefined) return inner;
      current = constant;
    }
    return current;
  }

  /** `minutes` for a call of what was imported as `minutes`, under whatever name */
  calleeOf(node: ts.Node): string | undefined {
    if (!ts.isCallExpression(node)) return undefined;
    return this.importedName(node.expression);
  }

  importedName(node: ts.Expression): string | undefined {
    if (ts.isIdentifier(node)) return this.imported.get(node.text);
    if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
    return this.imported.get(node.expression.text) === '*' ? node.name.text : undefined;
  }
}

/** Places where the text is not a program, with the compiler's words. */
export function syntaxErrors(path: string, text: string): readonly { position: number; message: string }[] {
  const { diagnostics = [] } = ts.transpileModule(text, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, allowJs: true },
  });
  return diagnostics.map(({ start, messageText }) => ({
    position: start ?? 0,
    message: ts.flattenDiagnosticMessageText(messageText, ' '),
  }));
}

export function unwrap(node: ts.Expression): ts.Expression {
  let current = node;
  while (
    ts.isParenthesizedExpression(current) ||
    ts.isAsExpression(current) ||
    ts.isSatisfiesExpression(current) ||
    ts.isNonNullExpression(current) ||
    ts.isTypeAssertionExpression(current)
  )
    current = current.expression;
  return current;
}

/** Every node below and including `node`, in the order of the text. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** The name of a property, where it is written there. */
export function keyOf(name: ts.PropertyName): string | undefined {
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) ? name.text : undefined;
}

function importsOf(file: ts.SourceFile): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined) continue;
    if (ts.isNamespaceImport(bindings)) names.set(bindings.name.text, '*');
    else for (const each of bindings.elements) names.set(each.name.text, (each.propertyName ?? each.name).text);
  }
  return names;
}

function constantsOf(file: ts.SourceFile): ReadonlyMap<string, ts.Expression | ts.FunctionDeclaration> {
  const values = new Map<string, ts.Expression | ts.FunctionDeclaration>();
  for (const statement of file.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) values.set(statement.name.text, statement);
    if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Const) === 0) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (ts.isIdentifier(name) && initializer !== undefined) values.set(name.text, initializer);
    }
  }
  return values;
}
