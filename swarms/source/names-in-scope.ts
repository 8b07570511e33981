// Which names of a function stand for its turn, or for a part of it: `{ state: { price }, go }` makes `price` the path
// state.price and `go` the path go. A name that is declared again further in is still followed, so that nothing is missed.

import ts from 'typescript';
import { keyOf, unwrap } from './syntax.ts';

/** from the turn: `['state', 'price']`; the turn itself is `[]` */
export type Path = readonly string[];
export type Names = Map<string, Path>;

/** @param read hears of variables that the pattern itself takes out */
export function bindPattern(
  pattern: ts.BindingName,
  path: Path,
  names: Names,
  read: (path: Path, at: ts.Node) => void,
): void {
  if (ts.isIdentifier(pattern)) {
    // the value of a variable is no longer the variable
    if (path.length < 2) names.set(pattern.text, path);
    return;
  }
  if (ts.isArrayBindingPattern(pattern)) return;
  for (const element of pattern.elements) {
    if (element.dotDotDotToken !== undefined) {
      bindPattern(element.name, path, names, read);
      continue;
    }
    const name = element.propertyName ?? (ts.isIdentifier(element.name) ? element.name : undefined);
    const key = name === undefined ? undefined : keyOf(name);
    if (key === undefined) continue;
    const inner = [...path, key];
    if (inner.length >= 2) read(inner, element);
    bindPattern(element.name, inner, names, read);
  }
}

/** The path that an expression stands for, or undefined where it has nothing to do with the turn. */
export function pathOf(node: ts.Expression, names: Names): Path | undefined {
  const inner = unwrap(node);
  if (ts.isIdentifier(inner)) return names.get(inner.text);
  if (ts.isPropertyAccessExpression(inner)) {
    const path = pathOf(inner.expression, names);
    return path === undefined ? undefined : [...path, inner.name.text];
  }
  if (ts.isElementAccessExpression(inner) && ts.isStringLiteralLike(inner.argumentExpression)) {
    const path = pathOf(inner.expression, names);
    return path === undefined ? undefined : [...path, inner.argumentExpression.text];
  }
  return undefined;
}
