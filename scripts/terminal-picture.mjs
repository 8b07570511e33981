// Draws a terminal session: text from standard input to an SVG on standard output. Lines that start with `$ ` are typed;
// longer ones than 80 columns are wrapped at words.
//
//   node scripts/terminal-picture.mjs < session.txt > docs/pictures/terminal.svg

import { readFileSync } from 'node:fs';

const columns = 80;
const columnWidth = 7.83;
const lineHeight = 18;
const margin = 18;
const barHeight = 30;
const ink = { text: '#d6deeb', typed: '#ffffff', prompt: '#7fdbca', good: '#9ece6a', bad: '#f7768e', quiet: '#7a88a8' };

const lines = readFileSync(0, 'utf8').trimEnd().split('\n').flatMap(wrap);
const width = Math.ceil(columns * columnWidth + 2 * margin);
const height = lines.length * lineHeight + barHeight + 2 * margin;

/** Spaces that no renderer draws together, whatever it makes of xml:space. */
const escape = (text) =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replaceAll(' ', '\u00a0');

/** A wrapped line keeps the colour of the whole. */
function wrap(text) {
  const parts = [''];
  for (const word of text.split(/(?<= )/)) {
    if (parts.at(-1).length + word.trimEnd().length > columns && parts.at(-1) !== '') parts.push('');
    parts.push(parts.pop() + word);
  }
  return parts.map((part) => ({ text: part.trimEnd(), fill: colorOf(text), typed: text.startsWith('$ ') }));
}

function colorOf(line) {
  if (/halted|is killed|\bdown\b/.test(line)) return ink.bad;
  if (/^(ok at|ready|proved|drained|●)/.test(line)) return ink.good;
  return /^[0-9a-f]{64}$|^member |^(idle|ok) for /.test(line) ? ink.quiet : ink.text;
}

function drawn(line, row) {
  const y = barHeight + margin + row * lineHeight + 12;
  const at = `x="${margin}" y="${y}"`;
  if (!line.typed) return `<text ${at} fill="${line.fill}">${escape(line.text)}</text>`;
  const typed = escape(line.text.slice(1));
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
  '<g font-family="ui-monospace, SFMono-Regular, Menlo, DejaVu Sans Mono, monospace" font-size="13">',
  ...lines.map(drawn),
  '</g>',
  '</svg>',
];
console.log(picture.join('\n'));
