// Draws boxes and arrows as SVG. Dagre lays them out in layers; what stands in them is the caller's.

import dagre from '@dagrejs/dagre';

export interface Box {
  readonly id: string;
  readonly title: string;
  /** a second, smaller line */
  readonly note: string;
  readonly shape: 'phase' | 'end' | 'waiting' | 'start';
  /** boxes of one number have one colour */
  readonly colour: number;
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly dashed: boolean;
}

/** what tells roles apart at a glance and still prints in grey */
const colours = ['#dbeafe', '#fef3c7', '#dcfce7', '#fce7f3', '#ede9fe', '#ffedd5', '#cffafe', '#f1f5f9'];
const letterWidth = 7.2;

/** @returns a whole SVG document; the same picture gives the same text */
export function svgOf(title: string, boxes: readonly Box[], arrows: readonly Arrow[]): string {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 40, ranksep: 50, marginx: 20, marginy: 40 });
  for (const { id, title: text, note } of boxes) {
    const width = Math.max(40, letterWidth * Math.max(text.length, note.length) + 24);
    graph.setNode(id, { width, height: note === '' ? 32 : 46 });
  }
  arrows.forEach(({ from, to, label }, i) => {
    graph.setEdge(from, to, { width: label.length * letterWidth, height: 16, labelpos: 'c' }, String(i));
  });
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" font-family="ui-monospace, monospace" font-size="12">`,
    `<title>${escape(title)}</title>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#475569"/></marker></defs>',
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="20" y="22" font-weight="bold">${escape(title)}</text>`,
    ...arrows.map((arrow, i) => drawArrow(arrow, graph.edge({ v: arrow.from, w: arrow.to, name: String(i) }))),
    ...boxes.map((box) => drawBox(box, graph.node(box.id))),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function drawBox({ title, note, shape, colour }: Box, { x, y, width, height }: Rectangle): string {
  const radius = shape === 'phase' ? 4 : height / 2;
  const fill = shape === 'phase' ? (colours[colour % colours.length] as string) : '#ffffff';
  const dash = shape === 'waiting' ? ' stroke-dasharray="4 3"' : '';
  const thick = shape === 'end' ? 2.5 : 1.2;
  const rectangle = `<rect x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${round(width)}" height="${round(height)}" rx="${round(radius)}" fill="${fill}" stroke="#334155" stroke-width="${thick}"${dash}/>`;
  const line = (text: string, offset: number, extra = ''): string =>
    `<text x="${round(x)}" y="${round(y + offset)}" text-anchor="middle"${extra}>${escape(text)}</text>`;
  if (note === '') return rectangle + line(title, 4);
  return rectangle + line(title, -3) + line(note, 13, ' font-size="10" fill="#475569"');
}

interface Route {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly x?: number;
  readonly y?: number;
}

function drawArrow({ label, dashed }: Arrow, { points, x = 0, y = 0 }: Route): string {
  const path = points.map((point, i) => `${i === 0 ? 'M' : 'L'}${round(point.x)} ${round(point.y)}`).join(' ');
  const dash = dashed ? ' stroke-dasharray="5 4"' : '';
  const line = `<path d="${path}" fill="none" stroke="#475569"${dash} marker-end="url(#tip)"/>`;
  if (label === '') return line;
  return `${line}<text x="${round(x)}" y="${round(y + 4)}" text-anchor="middle" font-size="10" fill="#475569" stroke="#ffffff" stroke-width="3" paint-order="stroke">${escape(label)}</text>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
