// What a phase's function does with the process: which variables it reads and writes, and where it goes. The names of its
// parameter are followed through destructuring and constants, however they are called.

import ts from 'typescript';
import type { BodyNode } from '../description.ts';
import { accessOf } from './access.ts';
import { bindPattern, type Names, type Path, pathOf } from './names-in-scope.ts';
import type { Reader, Value } from './reader.ts';
import { declaredIn, isUse, walk, wrapped } from './syntax.ts';

export type FunctionNode = ts.ArrowFunction | ts.FunctionExpression | ts.FunctionDeclaration | ts.MethodDeclaration;

export function functionOf(reader: Reader, value: Value): FunctionNode | undefined {
  const node = ts.isMethodDeclaration(value) ? value : reader.source.resolve(value);
  const isFunction =
    ts.isArrowFunction(node) ||
    ts.isFunctionExpression(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node);
  return isFunction ? node : undefined;
}

interface Body {
  readonly hops: Set<string>;
  readonly forks: BodyNode['forks'][number][];
  readonly broadcasts: BodyNode['broadcasts'][number][];
  readonly reads: Set<string>;
  readonly writes: Set<string>;
}

/** What a phase has of functions; its undo touches variables and goes nowhere. */
export interface PhaseFunctions {
  readonly run: FunctionNode;
  readonly undo: FunctionNode | undefined;
}

/** @param phase its name, for places */
export function readBody(reader: Reader, phase: string, { run, undo }: PhaseFunctions): BodyNode {
  const body: Body = { hops: new Set(), forks: [], broadcasts: [], reads: new Set(), writes: new Set() };
  new BodyReader(reader, phase, 'run', body).read(run);
  if (undo !== undefined) new BodyReader(reader, phase, 'undo', body).read(undo);
  return { ...body, hops: [...body.hops], reads: [...body.reads], writes: [...body.writes] };
}

/** Reads one function of one phase. */
class BodyReader {
  readonly #reader: Reader;
  readonly #phase: string;
  readonly #of: 'run' | 'undo';
  readonly #body: Body;
  readonly #names: Names = new Map();

  constructor(reader: Reader, phase: string, of: 'run' | 'undo', body: Body) {
    this.#reader = reader;
    this.#phase = phase;
    this.#of = of;
    this.#body = body;
  }

  read(node: FunctionNode): void {
    const [turn] = node.parameters;
    if (node.body === undefined) return;
    if (turn !== undefined) this.#bind(turn.name, []);
    this.#followConstants(node.body);
    const own = declaredIn(node);
    for (const part of [...node.parameters, node.body]) {
      walk(part, (each) => {
        if (isUse(each)) this.#readName(each, own);
        const isAccess = ts.isPropertyAccessExpression(each) || ts.isElementAccessExpression(each);
        if ((isAccess || isUse(each)) && !isContinued(each)) this.#readUse(each);
      });
    }
  }

  #bind(pattern: ts.BindingName, path: Path): void {
    bindPattern(pattern, path, this.#names, {
      read: (inner, at) => this.#noteRead(inner, at),
      unknown: (at) => {
        const message = `'${this.#phase}' takes out something whose name would have to be computed.`;
        this.#reader.unreadable(at, message, 'Write the name: const { price } = state.');
      },
    });
  }

  /** Constants that stand for the turn or a part of it, also those that name one that stands further down. */
  #followConstants(body: ts.Node): void {
    const followed = new Set<ts.Node>();
    for (let before = -1; before < followed.size; ) {
      before = followed.size;
      walk(body, (each) => {
        if (!ts.isVariableDeclaration(each) || each.initializer === undefined || followed.has(each)) return;
        const path = pathOf(each.initializer, this.#names);
        // a copy of a value is a value; what holds variables stays followed
        if (path === undefined || (ts.isIdentifier(each.name) && path.length >= 2)) return;
        followed.add(each);
        this.#bind(each.name, path);
      });
    }
  }

  /** Names by which a phase could reach the turn, or another phase, behind the reader's back. */
  #readName(node: ts.Identifier, own: ReadonlySet<string>): void {
    if (node.text === 'eval' || node.text === 'arguments') {
      const message = `'${this.#phase}' uses ${node.text}, so what it does cannot be read.`;
      this.#reader.unreadable(node, message, 'Name the parameters, and write the code in place.');
    }
    if (own.has(node.text) || !this.#reader.source.variables.has(node.text)) return;
    const message = `'${this.#phase}' uses '${node.text}', a variable of the module: in one process all parties share it, in several they do not.`;
    const suggestion = 'Make it a const, or a variable of the process in state.';
    this.#reader.report('swarm-variable-of-module', node, message, suggestion);
  }

  #noteRead(path: Path, at: ts.Node): void {
    const [what, variable] = path;
    if (what !== 'state' || variable === undefined) return;
    this.#body.reads.add(variable);
    this.#reader.remember(['phases', this.#phase, 'reads', variable], at);
  }

  #readUse(node: ts.Expression): void {
    const path = pathOf(node, this.#names);
    if (path === undefined) return;
    const [what, name] = path;
    // turn, state or go as a whole: where one goes from there cannot be followed
    if (what === undefined || ((what === 'state' || what === 'go') && name === undefined)) {
      if (isInitializer(node)) return;
      const message = `'${this.#phase}' uses ${what ?? 'what it gets'} as a whole, so what it does with it cannot be read.`;
      const suggestion =
        what === 'go' ? 'Call go.name() in the phase itself.' : 'Pass on the values that are needed: state.name.';
      this.#reader.unreadable(node, message, suggestion);
    } else if (what === 'go' && name !== undefined) this.#readGo(node, name);
    else if (what === 'state' && name !== undefined) {
      const { reads, writes } = accessOf(node, path.length);
      if (reads) this.#noteRead(path, node);
      if (!writes) return;
      this.#body.writes.add(name);
      this.#reader.remember(['phases', this.#phase, 'writes', name], node);
    }
  }

  #readGo(node: ts.Expression, name: string): void {
    const nameNode = ts.isPropertyAccessExpression(node) ? node.name : node;
    if (this.#of === 'undo') {
      const message = `undo of '${this.#phase}' goes on, and it only takes back what the phase did.`;
      return this.#reader.unreadable(nameNode, message, 'Remove go.');
    }
    if (name === 'fork' || name === 'broadcast') return this.#readFork(node, name);
    const call = ts.isCallExpression(node.parent) && node.parent.expression === node ? node.parent : undefined;
    this.#at(name, nameNode);
    this.#body.hops.add(name);
    this.#reader.hops.push({ from: this.#phase, to: name, node: nameNode, gives: (call?.arguments.length ?? 0) > 0 });
  }

  #readFork(node: ts.Expression, kind: 'fork' | 'broadcast'): void {
    const call = forkCallOf(node);
    if (call === undefined) {
      const message = `'${this.#phase}' opens branches and does not say where they meet.`;
      const example = {
        fork: "fork({ a: 'one', b: 'two' }).join('both')",
        broadcast: "broadcast('vote').join('count')",
      };
      return this.#reader.unreadable(node, message, `Write go.${example[kind]}.`);
    }
    const join = this.#reader.string(call.join, `Where the branches of '${this.#phase}' meet`);
    if (join === undefined) return;
    if (kind === 'broadcast') {
      const to = this.#reader.string(call.branches, `What '${this.#phase}' broadcasts`);
      if (to === undefined) return;
      this.#at(to, call.branches);
      this.#body.broadcasts.push({ to, join });
    } else {
      const branches = this.#readBranches(call.branches);
      if (branches !== undefined) this.#body.forks.push({ branches, join });
    }
    this.#at(join, call.join);
  }

  #readBranches(node: ts.Expression): Record<string, string> | undefined {
    const branches: Record<string, string> = {};
    for (const { key, value } of this.#reader.properties(node, `The branches of '${this.#phase}'`) ?? []) {
      const to = this.#reader.string(value, `A branch of '${this.#phase}'`);
      if (to === undefined) return undefined;
      this.#at(to, value);
      branches[key] = to;
    }
    return branches;
  }

  #at(to: string, node: ts.Node): void {
    this.#reader.remember(['phases', this.#phase, 'run', to], node);
  }
}

/** `a.b` of `a.b.c`: the longest is looked at */
function isContinued(node: ts.Node): boolean {
  const whole = wrapped(node);
  const { parent } = whole;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === whole;
  return (
    ts.isElementAccessExpression(parent) &&
    parent.expression === whole &&
    ts.isStringLiteralLike(parent.argumentExpression)
  );
}

/** What it stands for gets a name of its own, which is followed. */
function isInitializer(node: ts.Node): boolean {
  const whole = wrapped(node);
  return ts.isVariableDeclaration(whole.parent) && whole.parent.initializer === whole;
}

/** `go.fork(branches).join(phase)` around `go.fork` */
function forkCallOf(node: ts.Expression): { branches: ts.Expression; join: ts.Expression } | undefined {
  const call = node.parent;
  if (!ts.isCallExpression(call) || call.expression !== node) return undefined;
  const access = call.parent;
  if (!ts.isPropertyAccessExpression(access) || access.name.text !== 'join') return undefined;
  const joined = access.parent;
  if (!ts.isCallExpression(joined) || joined.expression !== access) return undefined;
  const [branches] = call.arguments;
  const [join] = joined.arguments;
  return branches === undefined || join === undefined ? undefined : { branches, join };
}
