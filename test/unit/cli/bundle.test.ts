import t from 'tap';
import { readBundle } from '../../../cli/bundle.ts';
import { fromUtf8 } from '../../../lib/bytes.ts';

const read = (text: string) => readBundle(JSON.parse(text), fromUtf8);

t.test('a bundle is a list of put, delete and cas', async (t) => {
  const operations = '[{"put":["k","v"]},{"delete":["k"]},{"cas":["k",null,"v"]},{"cas":["k","v",null]}]';
  const [k, v] = ['k', 'v'].map(fromUtf8);
  t.strictSame(read(operations), {
    ok: true,
    value: [
      { kind: 'put', key: k, value: v },
      { kind: 'delete', key: k },
      { kind: 'compare-and-set', key: k, expected: null, value: v },
      { kind: 'compare-and-set', key: k, expected: v, value: null },
    ],
  });
});

t.test('what it would have to guess at is refused, with its place', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['{}', 'operations'],
    ['[{"put":["k","v"]},null]', 'operations[1]'],
    ['[{"swap":["k","v"]}]', 'operations[0]'],
    ['[{"put":["k","v"],"delete":["k"]}]', 'operations[0].delete'],
    ['[{"put":"kv"}]', 'operations[0].put'],
    ['[{"put":["k"]}]', 'operations[0].put'],
    ['[{"put":["k","v","w"]}]', 'operations[0].put'],
    ['[{"put":["k",5]}]', 'operations[0].put[1]'],
    ['[{"put":["k",null]}]', 'operations[0].put[1]'],
    ['[{"cas":["k","v"]}]', 'operations[0].cas'],
    ['[{"cas":[null,"v","w"]}]', 'operations[0].cas[0]'],
    [JSON.stringify(Array(1_001).fill({ delete: ['k'] })), 'operations'],
  ];
  for (const [text, place] of cases) t.match(read(text), { ok: false, error: { place } }, text.slice(0, 60));
});
