// Draws boxes and arrows as SVG. Dagre lays them out in layers; what stands in them is the caller's.

import dagre from '@dagrejs/dagre';
import { roleClass, sizes, styleSheet, widthOf } from './theme.ts';

export interface Picture {
  readonly title: string;
  /** whose colours are explained */
  readonly roles: readonly { readonly name: string; readonly at: number }[];
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

export interface Box {
  readonly id: string;
  /** either may be empty */
  readonly name: string;
  /** a second, smaller line */
  readonly note: string;
  readonly shape: 'phase' | 'end' | 'undoing end' | 'waiting' | 'start';
  /** of a phase: place of its role among the roles */
  readonly role: number;
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly kind: ArrowKind;
}

export type ArrowKind = 'hop' | 'timeout' | 'error';

const margin = 24;
const legendHeight = 26;
const headHeight = 44;

/** @returns a whole SVG document; the same picture gives the same text */
export function svgOf(picture: Picture): string {
  const layout = layOut(picture);
  const legend = legendOf(picture);
  const drawn = extentOf(picture, layout);
  const across = drawn.right - drawn.left;
  const width = Math.ceil(Math.max(across, legend.width, widthOf(picture.title, sizes.title)) + 2 * margin);
  const top = headHeight + legendHeight;
  const height = Math.ceil(drawn.bottom + top + margin);
  const left = round((width - across) / 2 - drawn.left);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escape(picture.title)}</title>`,
    `<style>${styleSheet}</style>`,
    `<defs>${(['hop', 'timeout', 'error'] as const).map(tipOf).join('')}</defs>`,
    '<rect class="paper" width="100%" height="100%" fill="#ffffff"/>',
    `<text class="title" x="${margin}" y="32">${escape(picture.title)}</text>`,
    `<g transform="translate(${margin} ${headHeight})">${legend.text}</g>`,
    `<g transform="translate(${left} ${top})">`,
    ...picture.arrows.map((arrow, i) => drawArrow(arrow, layout.edge({ v: arrow.from, w: arrow.to, name: String(i) }))),
    ...picture.boxes.map((box) => drawBox(box, layout.node(box.id))),
    // labels come last, so that no line crosses them
    ...picture.arrows.map((arrow, i) => drawLabel(arrow, layout.edge({ v: arrow.from, w: arrow.to, name: String(i) }))),
    '</g>',
    '</svg>',
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

function layOut({ boxes, arrows }: Picture): dagre.graphlib.Graph {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 36, edgesep: 18, ranksep: 34 });
  for (const box of boxes) graph.setNode(box.id, sizeOf(box));
  arrows.forEach(({ from, to, label }, i) => {
    const size = label === '' ? { width: 0, height: 0 } : { width: widthOf(label, sizes.label) + 10, height: 18 };
    graph.setEdge(from, to, { ...size, labelpos: 'c' }, String(i));
  });
  dagre.layout(graph);
  return graph;
}

/** Arrows may leave the rectangle that dagre counts, which is that of the boxes. */
function extentOf(
  { boxes, arrows }: Picture,
  layout: dagre.graphlib.Graph,
): Record<'left' | 'right' | 'bottom', number> {
  const rectangles: readonly Rectangle[] = [
    ...boxes.map(({ id }) => layout.node(id)),
    ...arrows.flatMap(({ from, to, label }, i) => {
      const { points, x = 0, y = 0 }: Route = layout.edge({ v: from, w: to, name: String(i) });
      const ground = label === '' ? [] : [{ x, y, width: widthOf(label, sizes.label) + 6, height: 16 }];
      return [...points.map((point) => ({ ...point, width: 2, height: 2 })), ...ground];
    }),
  ];
  return {
    left: Math.min(...rectangles.map(({ x, width }) => x - width / 2)),
    right: Math.max(...rectangles.map(({ x, width }) => x + width / 2)),
    bottom: Math.max(...rectangles.map(({ y, height }) => y + height / 2)),
  };
}

function sizeOf({ name, note, shape }: Box): { width: number; height: number } {
  if (shape === 'start') return { width: 14, height: 14 };
  const width = Math.max(widthOf(name, sizes.name), widthOf(note, sizes.note), 36) + 28;
  return { width, height: name === '' || note === '' ? 34 : 48 };
}

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function drawBox({ name, note, shape, role }: Box, { x, y, width, height }: Rectangle): string {
  if (shape === 'start') return `<circle class="start" cx="${round(x)}" cy="${round(y)}" r="6"/>`;
  const radius = shape === 'phase' ? 6 : height / 2;
  const look = { phase: roleClass(role), waiting: 'waiting', end: 'end', 'undoing end': 'end undoing' }[shape];
  const [left, top] = [round(x - width / 2), round(y - height / 2)];
  const frame = `<rect class="box ${look}" x="${left}" y="${top}" width="${round(width)}" height="${height}" rx="${radius}"/>`;
  const line = (kind: 'name' | 'note', text: string, below: number): string =>
    `<text class="${kind}" x="${round(x)}" y="${round(y + below)}">${escape(text)}</text>`;
  if (note === '') return frame + line('name', name, 4.5);
  return name === '' ? frame + line('note', note, 4) : frame + line('name', name, -3) + line('note', note, 14);
}

interface Route {
  readonly points: readonly Point[];
  readonly x?: number;
  readonly y?: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function drawArrow({ kind }: Arrow, { points }: Route): string {
  return `<path class="arrow ${kind}" d="${curveOf(points)}" marker-end="url(#tip-${kind})"/>`;
}

/** Straight at both ends, and round where the layout has corners. */
function curveOf(points: readonly Point[]): string {
  const at = ({ x, y }: Point): string => `${round(x)} ${round(y)}`;
  const between = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const corners = rest.slice(0, -1).map((corner, i) => `Q${at(corner)} ${at(between(corner, rest[i + 1] ?? last))}`);
  return `M${at(first)}L${at(between(first, rest[0] ?? last))}${corners.join('')}L${at(last)}`;
}

function drawLabel({ label, kind }: Arrow, { x = 0, y = 0 }: Route): string {
  if (label === '') return '';
  const width = round(widthOf(label, sizes.label) + 6);
  const ground = `<rect class="paper" x="${round(x - width / 2)}" y="${round(y - 8)}" width="${width}" height="16" rx="4"/>`;
  return `${ground}<text class="label ${kind}" x="${round(x)}" y="${round(y + 4)}">${escape(label)}</text>`;
}

function legendOf({ roles }: Picture): { readonly text: string; readonly width: number } {
  let x = 0;
  const parts = roles.map(({ name, at }) => {
    const text = `<rect class="box ${roleClass(at)}" x="${round(x)}" y="2" width="12" height="12" rx="3"/><text class="note legend" x="${round(x + 18)}" y="12">${escape(name)}</text>`;
    x += 18 + widthOf(name, sizes.note) + 18;
    return text;
  });
  return { text: parts.join(''), width: x };
}

const tipOf = (kind: ArrowKind): string =>
  `<marker id="tip-${kind}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="tip ${kind}" d="M0 0.5 8 4 0 7.5z"/></marker>`;

const round = (value: number): number => Math.round(value * 10) / 10;

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
