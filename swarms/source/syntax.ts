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
  /** names of the module that may stand for one thing now and another later */
  readonly variables: ReadonlySet<string>;
  readonly #constants: ReadonlyMap<string, ts.Expression | ts.FunctionDeclaration>;

  constructor(path: string, text: string) {
    const kind = /\.[cm]?jsx?$/.test(path) ? ts.ScriptKind.JS : ts.ScriptKind.TS;
    this.file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
    this.imported = importsOf(this.file);
    this.variables = variablesOf(this.file);
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

/** What stands in brackets, or under a cast. */
export function unwrap(node: ts.Expression): ts.Expression {
  let current = node;
  while (isWrapper(current)) current = current.expression;
  return current;
}

/** The whole with its brackets and casts. */
export function wrapped(node: ts.Node): ts.Node {
  let current = node;
  while (isWrapper(current.parent)) current = current.parent;
  return current;
}

function isWrapper(node: ts.Node): node is ts.Expression & { readonly expression: ts.Expression } {
  return (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isTypeAssertionExpression(node)
  );
}

/** Every node below and including `node`, in the order of the text. Types are left out: nothing happens in them. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Level by level, so that no depth of it overflows our own stack. */
export function isDeeperThan(levels: number, root: ts.Node): boolean {
  let level: ts.Node[] = [root];
  for (let depth = 0; depth <= levels; depth++) {
    const next: ts.Node[] = [];
    for (const node of level) ts.forEachChild(node, (child) => void next.push(child));
    if (next.length === 0) return false;
    level = next;
  }
  return true;
}

/** An identifier that stands for a value, not for a property or a declaration. */
export function isUse(node: ts.Node): node is ts.Identifier {
  if (!ts.isIdentifier(node)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent)) return parent.name !== node;
  if (ts.isBindingElement(parent) || ts.isParameter(parent)) return parent.initializer === node;
  if (ts.isVariableDeclaration(parent)) return parent.initializer === node;
  return !ts.isFunctionDeclaration(parent) && !ts.isFunctionExpression(parent);
}

/** Every name that is declared in a function, its parameters included. */
export function declaredIn(node: ts.Node): ReadonlySet<string> {
  const names = new Set<string>();
  walk(node, (each) => {
    const declares = ts.isVariableDeclaration(each) || ts.isParameter(each) || ts.isBindingElement(each);
    if (declares && ts.isIdentifier(each.name)) names.add(each.name.text);
    if (ts.isFunctionDeclaration(each) && each.name !== undefined) names.add(each.name.text);
  });
  return names;
}

/** The name of a property, where it is written there. */
export function keyOf(name: ts.PropertyName): string | undefined {
  if (ts.isComputedPropertyName(name))
    return ts.isStringLiteralLike(name.expression) ? name.expression.text : undefined;
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

function variablesOf(file: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Const) !== 0) continue;
    for (const { name } of statement.declarationList.declarations) if (ts.isIdentifier(name)) names.add(name.text);
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
