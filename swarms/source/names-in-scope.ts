// Which names of a function stand for its turn, or for a part of it: `{ state: { price }, go }` makes `price` the path
// state.price and `go` the path go. A name that is declared again further in is still followed, so that nothing is missed.

import ts from 'typescript';
import { keyOf, unwrap } from './syntax.ts';

/** from the turn: `['state', 'price']`; the turn itself is `[]` */
export type Path = readonly string[];
export type Names = Map<string, Path>;

/** What a pattern does beside giving names. */
export interface PatternEvents {
  /** it takes out the value of a variable */
  read(path: Path, at: ts.Node): void;
  /** it takes out something whose name would have to be computed */
  unknown(at: ts.Node): void;
}

export function bindPattern(pattern: ts.BindingName, path: Path, names: Names, events: PatternEvents): void {
  if (ts.isIdentifier(pattern)) {
    // the value of a variable is no longer the variable
    if (path.length < 2) names.set(pattern.text, path);
    return;
  }
  if (ts.isArrayBindingPattern(pattern)) {
    if (path.length < 2) events.unknown(pattern);
    return;
  }
  for (const element of pattern.elements) {
    if (element.dotDotDotToken !== undefined) {
      bindPattern(element.name, path, names, events);
      continue;
    }
    const name = element.propertyName ?? (ts.isIdentifier(element.name) ? element.name : undefined);
    const key = name === undefined ? undefined : keyOf(name);
    if (key === undefined) {
      if (path.length < 2) events.unknown(element);
      continue;
    }
    const inner = [...path, key];
    if (inner.length >= 2) events.read(inner, element);
    bindPattern(element.name, inner, names, events);
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
