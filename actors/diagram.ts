// Draws a machine as a Mermaid state diagram. The text depends on the machine's definition only, so a test can tell that
// a drawing is stale.

import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from './machine.ts';

/** @returns a Mermaid `stateDiagram-v2`, ending in a newline */
export function diagramOf(machine: AnyStateMachine): string {
  const lines = ['stateDiagram-v2', ...drawInside(machine.root, '  ')];
  return `${lines.join('\n')}\n`;
}

/** The page `docs/machines/<name>.md`. */
export function diagramPage(name: string, machine: AnyStateMachine): string {
  const about = machine.config.description ?? '';
  const head = `# ${name}\n\nGenerated from the machine by \`npm run diagrams\`; do not edit.\n`;
  return `${head}${about === '' ? '' : `\n${about}\n`}\n\`\`\`mermaid\n${diagramOf(machine)}\`\`\`\n`;
}

function drawInside(node: AnyStateNode, indent: string): string[] {
  const children = Object.values(node.states) as AnyStateNode[];
  if (node.type === 'parallel') return drawRegions(children, indent);
  const lines: string[] = [];
  const first = node.initial?.target[0];
  if (first !== undefined) lines.push(`${indent}[*] --> ${idOf(first)}`);
  for (const child of children) lines.push(...drawState(child, indent));
  for (const child of children) lines.push(...drawTransitions(child, indent));
  if (node.parent === undefined) lines.push(...drawRootTransitions(node, indent));
  return lines;
}

function drawRegions(regions: readonly AnyStateNode[], indent: string): string[] {
  return regions.flatMap((region, i) => [...(i === 0 ? [] : [`${indent}--`]), ...drawState(region, indent)]);
}

function drawState(node: AnyStateNode, indent: string): string[] {
  const name = `state "${node.key}" as ${idOf(node)}`;
  if (Object.keys(node.states).length === 0) return [`${indent}${name}`];
  return [`${indent}${name} {`, ...drawInside(node, `${indent}  `), `${indent}}`];
}

function drawTransitions(node: AnyStateNode, indent: string): string[] {
  const lines = transitionsOf(node).map((each) => drawTransition({ id: idOf(node), node }, each, indent));
  if (node.type === 'final') lines.push(`${indent}${idOf(node)} --> [*]`);
  return lines;
}

/** What the machine takes in every state that does not take it itself is drawn from one state that stands for all. */
function drawRootTransitions(root: AnyStateNode, indent: string): string[] {
  const transitions = transitionsOf(root);
  if (transitions.length === 0) return [];
  const any = `${idOf(root)}_any`;
  return [
    `${indent}state "any state" as ${any}`,
    ...transitions.map((each) => drawTransition({ id: any, node: root }, each, indent)),
  ];
}

function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

interface From {
  readonly id: string;
  readonly node: AnyStateNode;
}

function drawTransition({ id, node }: From, definition: AnyTransitionDefinition, indent: string): string {
  const target = (definition.target?.[0] as AnyStateNode | undefined) ?? node;
  const to = target === node ? id : idOf(target);
  const guard = definition.guard === undefined ? '' : ` [${nameOf(definition.guard)}]`;
  const named = definition.actions.map(nameOf).filter((name) => !name.startsWith('xstate.'));
  const actions = named.length === 0 ? '' : ` / ${named.join(', ')}`;
  return `${indent}${id} --> ${to} : ${eventName(definition.eventType)}${guard}${actions}`;
}

/** `xstate.after.<delay>.<state>` is written `after <delay>`; numbers are milliseconds. */
function eventName(type: string): string {
  if (type === '') return 'always';
  const after = /^xstate\.after\.([^.]+)\./.exec(type);
  if (after === null) return type.replaceAll(':', '∶');
  const delay = after[1] as string;
  return /^\d+$/.test(delay) ? `after ${delay} ms` : `after ${delay}`;
}

/** the name that a guard or an action has in `setup`; what is written in place has none */
function nameOf(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  if (typeof reference === 'object' && reference !== null && 'type' in reference) return String(reference.type);
  const type = (reference as { readonly type?: unknown }).type;
  return typeof type === 'string' ? type : 'inline';
}

const idOf = (node: AnyStateNode): string => node.id.replace(/[^A-Za-z0-9]/g, '_');
