// How pictures look: letters, lines and colours, on light paper and on dark. Plain classes, since not every program that shows
// SVG knows variables; one that knows no dark paper shows the light one.

/** of a letter, on average and with room for wide ones, in parts of the letter's size */
const letterWidth = 0.6;

export const sizes = { title: 15, name: 13, note: 11, label: 11 } as const;

export function widthOf(text: string, size: number): number {
  return [...text].length * size * letterWidth;
}

/** [light tint, light edge, dark tint, dark edge]: what tells roles apart at a glance */
const roleColours: readonly (readonly [string, string, string, string])[] = [
  ['#dbeafe', '#2563eb', '#172b4d', '#7aa7ff'],
  ['#fef0c7', '#b7791f', '#3a2c0b', '#f2c14e'],
  ['#d9f5e3', '#1f8a4c', '#12331f', '#67d391'],
  ['#fde2ef', '#c0267a', '#41152c', '#f58bbd'],
  ['#e9e3fd', '#6d3fe0', '#2a1f4f', '#b39bff'],
  ['#d3f4f7', '#0e8091', '#0b333a', '#5fd3e3'],
  ['#ffe3d3', '#c2500f', '#43210d', '#ff9f6b'],
  ['#e8edf3', '#566477', '#262e39', '#a9b7c8'],
];

/** class of a role by its place among the roles; those after the eighth begin anew */
export const roleClass = (index: number): string => `role${index % roleColours.length}`;

interface Paper {
  readonly paper: string;
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly timeout: string;
  readonly error: string;
}

const light: Paper = {
  ...{ paper: '#ffffff', ink: '#1c2430', quiet: '#5a6676', line: '#6b7889' },
  ...{ timeout: '#a85f00', error: '#c02626' },
};
const dark: Paper = {
  ...{ paper: '#0d1117', ink: '#e8eef5', quiet: '#a3b0bf', line: '#8796a8' },
  ...{ timeout: '#f0b45b', error: '#ff8b83' },
};

export const styleSheet = [
  'text{font-family:Inter,system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;text-anchor:middle}',
  `.title{font-size:${sizes.title}px;font-weight:600;text-anchor:start}.name{font-size:${sizes.name}px;font-weight:600}`,
  `.note{font-size:${sizes.note}px}.label{font-size:${sizes.label}px}.legend{text-anchor:start}`,
  '.arrow{fill:none;stroke-width:1.4}.timeout.arrow{stroke-dasharray:7 4}.error.arrow{stroke-dasharray:2 3}',
  '.box{stroke-width:1.2}.waiting{stroke-dasharray:4 3}.end{stroke-width:2.2}',
  coloursOf(light, 0),
  `@media (prefers-color-scheme:dark){${coloursOf(dark, 2)}}`,
].join('\n');

function coloursOf({ paper, ink, quiet, line, timeout, error }: Paper, first: 0 | 2): string {
  const roles = roleColours.map((each, i) => `.role${i}{fill:${each[first]};stroke:${each[first + 1]}}`);
  return [
    `.paper,.waiting,.end{fill:${paper}}.waiting{stroke:${line}}.end{stroke:${ink}}.undoing{stroke:${timeout}}`,
    `.title,.name{fill:${ink}}.note,.label{fill:${quiet}}.start{fill:${ink}}`,
    `.arrow{stroke:${line}}.tip{fill:${line}}`,
    `.timeout.arrow{stroke:${timeout}}.timeout.tip,.timeout.label{fill:${timeout}}`,
    `.error.arrow{stroke:${error}}.error.tip,.error.label{fill:${error}}`,
    ...roles,
  ].join('');
}
