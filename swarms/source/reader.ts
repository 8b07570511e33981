// What all readers of the source share: the file, the places of what was read, and a way to say that something cannot be
// read. A reader answers undefined when it has said so.

import ts from 'typescript';
import type { ErrorName } from '../../lib/errors.ts';
import { keyOf, type Place, type SourceText } from './syntax.ts';

export interface SourceFinding {
  readonly name: ErrorName;
  readonly place: Place;
  readonly message: string;
  readonly suggestion: string;
}

/** A property's value, or a method. */
export type Value = ts.Expression | ts.MethodDeclaration;

export interface Property {
  readonly key: string;
  readonly name: ts.PropertyName;
  readonly value: Value;
}

/** `go.to(input)` */
interface ReadHop {
  readonly from: string;
  readonly to: string;
  readonly node: ts.Node;
  readonly gives: boolean;
}

export class Reader {
  readonly source: SourceText;
  /** every plain hop, for what can be judged only when all phases are read */
  readonly hops: ReadHop[] = [];
  readonly findings: SourceFinding[] = [];
  readonly #places = new Map<string, Place>();

  constructor(source: SourceText) {
    this.source = source;
  }

  report(name: ErrorName, node: ts.Node, message: string, suggestion: string): undefined {
    this.findings.push({ name, place: this.source.placeOf(node), message, suggestion });
  }

  unreadable(node: ts.Node, message: string, suggestion: string): undefined {
    return this.report('swarm-unreadable', node, message, suggestion);
  }

  /** The first place of a path is kept. */
  remember(path: readonly string[], node: ts.Node): void {
    const key = JSON.stringify(path);
    if (!this.#places.has(key)) this.#places.set(key, this.source.placeOf(node));
  }

  /** The place of a path, or of the nearest thing that holds it. */
  placeOf(path: readonly string[]): Place {
    for (let length = path.length; length > 0; length--) {
      const place = this.#places.get(JSON.stringify(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return this.#places.get('[]') ?? { line: 1, column: 1 };
  }

  string(node: Value, what: string): string | undefined {
    const value = ts.isMethodDeclaration(node) ? node : this.source.resolve(node);
    if (ts.isStringLiteralLike(value)) return value.text;
    return this.unreadable(node, `${what} cannot be read without running the program.`, 'Write it as a string.');
  }

  strings(node: Value, what: string): readonly (readonly [text: string, node: ts.Node])[] | undefined {
    const value = ts.isMethodDeclaration(node) ? node : this.source.resolve(node);
    if (!ts.isArrayLiteralExpression(value))
      return this.unreadable(node, `${what} cannot be read without running the program.`, "Write a list: ['a', 'b'].");
    const found: (readonly [string, ts.Node])[] = [];
    for (const element of value.elements) {
      const text = this.string(element, what);
      if (text === undefined) return undefined;
      found.push([text, element]);
    }
    return found;
  }

  properties(node: Value, what: string): readonly Property[] | undefined {
    const value = ts.isMethodDeclaration(node) ? node : this.source.resolve(node);
    const hint = 'Write one object with its properties in place: { name: value }.';
    if (!ts.isObjectLiteralExpression(value))
      return this.unreadable(node, `${what} cannot be read without running the program.`, hint);
    const found = new Map<string, Property>();
    for (const each of value.properties) {
      const key = each.name === undefined ? undefined : keyOf(each.name);
      if (key === undefined || each.name === undefined)
        return this.unreadable(each, `${what} has a part that cannot be read without running the program.`, hint);
      if (found.has(key)) return this.unreadable(each.name, `${what} has '${key}' twice.`, 'Remove one, or rename it.');
      // JavaScript makes no property of it
      if (key === '__proto__') return this.unreadable(each.name, `${what} cannot have '${key}'.`, 'Rename it.');
      if (ts.isPropertyAssignment(each)) found.set(key, { key, name: each.name, value: each.initializer });
      else if (ts.isShorthandPropertyAssignment(each)) found.set(key, { key, name: each.name, value: each.name });
      else if (ts.isMethodDeclaration(each)) found.set(key, { key, name: each.name, value: each });
      else return this.unreadable(each, `${what} has an accessor, which would have to be run.`, hint);
    }
    return [...found.values()];
  }

  /** a whole number from 1 */
  count(node: Value, what: string): number | undefined {
    const value = this.#number(node, what);
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return value;
    return this.unreadable(node, `${what} is ${value}.`, 'Write a whole number from 1.');
  }

  #number(node: Value, what: string): number | undefined {
    const value = ts.isMethodDeclaration(node) ? node : this.source.resolve(node);
    if (ts.isNumericLiteral(value)) return Number(value.text);
    return this.unreadable(node, `${what} cannot be read without running the program.`, 'Write it as a number.');
  }

  boolean(node: Value, what: string): boolean | undefined {
    if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
    if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
    return this.unreadable(node, `${what} cannot be read without running the program.`, 'Write true or false.');
  }

  /** @returns milliseconds */
  duration(node: Value, what: string): number | 'never' | undefined {
    const value = ts.isMethodDeclaration(node) ? node : this.source.resolve(node);
    if (!ts.isMethodDeclaration(value) && !ts.isFunctionDeclaration(value)) {
      if (this.source.importedName(value) === 'never' || (ts.isStringLiteral(value) && value.text === 'never'))
        return 'never';
      const unit = durations[this.source.calleeOf(value) ?? ''];
      const [amount] = ts.isCallExpression(value) ? value.arguments : [];
      if (unit !== undefined && amount !== undefined) {
        const count = this.#number(amount, what);
        if (count === undefined || count > 0) return count === undefined ? undefined : count * unit;
        return this.unreadable(amount, `${what} is over at once.`, 'Write a number greater than 0.');
      }
    }
    const hint = 'Write seconds(…), minutes(…), hours(…) or days(…) with a number.';
    return this.unreadable(node, `${what} cannot be read without running the program.`, hint);
  }
}

const durations: Readonly<Record<string, number | undefined>> = {
  milliseconds: 1,
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
};
