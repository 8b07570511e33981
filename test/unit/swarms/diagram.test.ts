import t from 'tap';
import { drawingsOf } from '../../../swarms/diagram/index.ts';
import { readSource } from '../../../swarms/source/index.ts';
import { examples } from './sources.ts';

const descriptions = examples.flatMap(({ path, text }) => readSource(path, text).descriptions);

interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** rectangles and points, without what the legend and the arrow heads have of their own */
function drawnIn(svg: string): {
  readonly boxes: readonly Rectangle[];
  readonly points: readonly (readonly number[])[];
} {
  const [, body = ''] = svg.split(/<g transform="translate\([^)]*\)">\n/);
  const boxes = [...body.matchAll(/<rect class="box [^"]*" x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)"/g)];
  const paths = [...body.matchAll(/<path class="arrow [a-z]+" d="([^"]+)"/g)];
  return {
    boxes: boxes.map(([, ...numbers]) => {
      const [left = 0, top = 0, width = 0, height = 0] = numbers.map(Number);
      return { left, top, right: left + width, bottom: top + height };
    }),
    points: paths.flatMap(([, d = '']) =>
      [...d.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]),
    ),
  };
}

t.test('every example is drawn whole and for each role, the same each time', async (t) => {
  for (const description of descriptions) {
    const drawings = drawingsOf(description);
    t.strictSame(
      drawings.map((each) => each.of),
      ['whole', ...Object.keys(description.roles)],
    );
    t.strictSame(drawingsOf(description), drawings);
    const [whole] = drawings;
    for (const name of Object.keys(description.phases)) t.match(whole?.svg, `>${name}</text>`, `${name} is drawn`);
    for (const { svg, mermaid } of drawings) {
      t.notMatch(svg, /NaN|undefined/);
      t.match(svg, /@media \(prefers-color-scheme:dark\)/, 'on dark paper, too');
      t.match(mermaid, /^stateDiagram-v2\n {2}\[\*\] --> /);
    }
  }
});

t.test('deadlines, errors and branches look different, and say what they are', async (t) => {
  const [trade] = descriptions.filter((each) => each.name === 'trade/letter-of-credit@1').map(drawingsOf);
  const svg = trade?.[0]?.svg ?? '';
  t.match(svg, /class="label timeout"[^>]*>after 30 d</);
  t.match(svg, /class="label error"[^>]*>error</);
  t.match(svg, /class="label hop"[^>]*>papers</);
  t.match(svg, />advisingBank · at most 3 times</);
  t.match(svg, />issuingBank · waits for all</);
  t.match(svg, />issuingBank · can be undone</);
  t.match(svg, />papers refused · undoes</);
});

t.test('nothing leaves the paper, and no box covers another', async (t) => {
  for (const { svg, of } of descriptions.flatMap(drawingsOf)) {
    const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
    const [, left = 0, top = 0] = (/translate\(([\d.-]+) ([\d.-]+)\)">\n/.exec(svg) ?? []).map(Number);
    const { boxes, points } = drawnIn(svg);
    t.ok(boxes.length > 2 && points.length > boxes.length, of);
    const inside = (x = 0, y = 0): boolean => x + left >= 0 && y + top >= 0 && x + left <= width && y + top <= height;
    t.ok(points.every(([x, y]) => inside(x, y)) && boxes.every((each) => inside(each.left, each.top)), `${of}: inside`);
    t.ok(
      boxes.every((each) => inside(each.right, each.bottom)),
      `${of}: inside at the other corner`,
    );
    const covered = boxes.filter((a, i) =>
      boxes.slice(i + 1).some((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom),
    );
    t.strictSame(covered, [], `${of}: apart`);
  }
});
