// What an expression does to a variable of the process: reads it, writes it, or both.

import ts from 'typescript';
import { wrapped } from './syntax.ts';

/** methods of lists, maps and sets that change them */
const mutators = new Set(
  'push pop shift unshift splice sort reverse fill copyWithin set add delete clear append'.split(' '),
);

/**
 * @param node all of it that is a path: `state.list.push`
 * @param depth length of the path, 2 for the variable itself
 */
export function accessOf(node: ts.Expression, depth: number): { reads: boolean; writes: boolean } {
  const whole = wrapped(node);
  const { parent } = whole;
  const method = ts.isPropertyAccessExpression(node) ? node.name.text : '';
  if (ts.isCallExpression(parent) && parent.expression === whole)
    return { reads: true, writes: depth > 2 && mutators.has(method) };
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) {
    const steps = parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken;
    return { reads: true, writes: steps };
  }
  if (ts.isDeleteExpression(parent)) return { reads: false, writes: true };
  if (!isTarget(whole)) return { reads: true, writes: false };
  const plain = !ts.isBinaryExpression(parent) || parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  // a part of a value is changed, or the old value counts
  return { reads: depth > 2 || !plain, writes: true };
}

/** Is something assigned to it, alone or within a pattern? */
function isTarget(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    return parent.left === node && kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
  }
  if (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) return parent.initializer === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node && isTarget(wrapped(parent.parent));
  return (ts.isArrayLiteralExpression(parent) || ts.isSpreadElement(parent)) && isTarget(wrapped(parent));
}
