// Draws a terminal session: text from standard input to an SVG on standard output. Lines that start with `$ ` are typed.
//
//   node scripts/terminal-picture.mjs < session.txt > docs/pictures/terminal.svg

import { readFileSync } from 'node:fs';

const columnWidth = 7.83;
const lineHeight = 18;
const margin = 18;
const barHeight = 30;
const ink = { text: '#d6deeb', typed: '#ffffff', prompt: '#7fdbca', good: '#9ece6a', bad: '#f7768e', quiet: '#7a88a8' };

const lines = readFileSync(0, 'utf8').trimEnd().split('\n');
const columns = Math.max(...lines.map((line) => line.length));
const width = Math.ceil(columns * columnWidth + 2 * margin);
const height = lines.length * lineHeight + barHeight + 2 * margin;

const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

function colorOf(line) {
  if (/halted|is killed|\bdown\b/.test(line)) return ink.bad;
  if (/^(ok|ready|proved|drained)\b/.test(line)) return ink.good;
  return /^[0-9a-f]{64}$/.test(line) ? ink.quiet : ink.text;
}

function drawn(line, row) {
  const y = barHeight + margin + row * lineHeight + 12;
  const at = `x="${margin}" y="${y}"`;
  if (!line.startsWith('$ ')) return `<text ${at} fill="${colorOf(line)}">${escape(line)}</text>`;
  const typed = escape(line.slice(1));
  return `<text ${at} fill="${ink.prompt}">$<tspan fill="${ink.typed}" font-weight="bold">${typed}</tspan></text>`;
}

const dots = ['#f7768e', '#e0af68', '#9ece6a'].map(
  (fill, i) => `<circle cx="${20 + 18 * i}" cy="15" r="5" fill="${fill}"/>`,
);
const picture = [
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
  '<title>A network of four validators on one machine</title>',
  `<rect width="${width}" height="${height}" rx="8" fill="#1a1b26"/>`,
  ...dots,
  '<g font-family="ui-monospace, SFMono-Regular, Menlo, DejaVu Sans Mono, monospace" font-size="13" xml:space="preserve">',
  ...lines.map(drawn),
  '</g>',
  '</svg>',
];
console.log(picture.join('\n'));
