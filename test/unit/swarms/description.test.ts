import t from 'tap';
import { echo } from '../../../examples/echo/echo.swarm.ts';
import { orderFulfilment } from '../../../examples/order-fulfilment/order-fulfilment.swarm.ts';
import { purchase } from '../../../examples/purchase/purchase.swarm.ts';
import { tradeFinance } from '../../../examples/trade-finance/trade-finance.swarm.ts';
import { describe } from '../../../swarms/describe.ts';
import { type Description, parseDescription } from '../../../swarms/description.ts';
import type { Choreography } from '../../../swarms/index.ts';
import { readSource } from '../../../swarms/source/index.ts';
import { examples } from './sources.ts';

const programs: readonly Choreography[] = [echo, orderFulfilment, purchase, tradeFinance];

function withoutBodies(description: Description): Description {
  const phases = Object.entries(description.phases).map(([name, node]) => [
    name,
    node.kind === 'phase' ? { ...node, body: null } : node,
  ]);
  return { ...description, phases: Object.fromEntries(phases) };
}

t.test('a program says of itself what the reader finds in its source', async (t) => {
  const read = examples.flatMap(({ path, text }) => readSource(path, text).descriptions);
  t.equal(read.length, programs.length);
  for (const program of programs) {
    const described = describe(program);
    const source = read.find((each) => each.name === program.name);
    t.strictSame(described, source === undefined ? undefined : withoutBodies(source), program.name);
    t.strictSame(parseDescription(JSON.parse(JSON.stringify(described))), { ok: true, value: described });
  }
});

t.test('a description has one form, and nothing beside it', async (t) => {
  const good = describe(purchase);
  const wrong: readonly (readonly [string, unknown])[] = [
    ['', { ...good, more: 1 }],
    ['name', { ...good, name: 'purchase' }],
    ['name', { ...good, name: 'market/purchase@0' }],
    ['deadlineMs', { ...good, deadlineMs: -1 }],
    ['start', { ...good, start: 'go quote' }],
    ['roles', { ...good, roles: { ...good.roles, ['two words']: { kind: 'agent', chain: null } } }],
    [
      'roles',
      {
        ...good,
        roles: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`r${i}`, { kind: 'agent', chain: null }])),
      },
    ],
    ['phases', { ...good, phases: { ...good.phases, paid: { kind: 'end', outcome: '', undo: false, tell: 'all' } } }],
    ['phases', { ...good, phases: { ...good.phases, quote: { ...good.phases['quote'], join: { atLeast: 0 } } } }],
  ];
  for (const [place, value] of wrong) {
    const parsed = parseDescription(value);
    t.notOk(parsed.ok, place);
    if (!parsed.ok) t.equal(parsed.error.path[0] ?? '', place, parsed.error.message);
  }
  t.notOk(parseDescription(null).ok);
});
