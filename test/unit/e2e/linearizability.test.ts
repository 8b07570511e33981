// The checker finds what is planted, lets pass what is in order, and agrees with a search that tries every order.

import t from 'tap';
import { seededRandom } from '../../../lib/random.ts';
import { checkRegisters, type Operation, type RegisterCall } from '../../e2e/generated/linearizability.ts';

const never = Number.POSITIVE_INFINITY;

function operation(call: RegisterCall, startedMs: number, endedMs: number, register = 'a'): Operation {
  return { client: 0, register, call, startedMs, endedMs };
}
const put = (value: string): RegisterCall => ({ kind: 'put', value });
const read = (seen: string | null): RegisterCall => ({ kind: 'read', seen });
const swap = (expected: string | null, value: string, swapped?: boolean): RegisterCall => ({
  ...{ kind: 'compare-and-set', expected, value, swapped },
});
const passes = (...operations: readonly Operation[]) => checkRegisters(operations).linearizable;

t.test('what one copy could have said passes', async (t) => {
  t.ok(passes());
  t.ok(passes(operation(read(null), 0, 1), operation(put('x'), 2, 3), operation(read('x'), 4, 5)));
  t.ok(passes(operation(put('x'), 0, 10), operation(read(null), 1, 2), operation(read('x'), 3, 4)), 'within the put');
  t.ok(passes(operation(put('x'), 0, 10), operation(put('y'), 0, 10), operation(read('x'), 11, 12)), 'either order');
  t.ok(passes(operation(put('x'), 0, 1, 'a'), operation(read(null), 2, 3, 'b')), 'registers are independent');
  t.ok(
    passes(operation(put('x'), 0, never), operation(read(null), 5, 6), operation(read('x'), 90, 91)),
    'it came late',
  );
  t.ok(passes(operation(put('x'), 0, never), operation(read(null), 5, 6)), 'it never came');
  t.ok(passes(operation(swap(null, 'x', true), 0, 1), operation(swap(null, 'y', false), 2, 3)));
  t.ok(passes(operation(swap(null, 'x'), 0, never), operation(read('x'), 1, 2)));
  t.ok(passes(operation(put('x'), 0, 2), operation(read(null), 2, 3)), 'what touches overlaps');
});

t.test('every planted violation is found', async (t) => {
  const stale = [operation(put('x'), 0, 1), operation(read(null), 2, 3)];
  t.match(checkRegisters(stale), { linearizable: false, register: 'a', stuck: { call: { kind: 'read' } } });
  t.notOk(passes(operation(read('x'), 0, 1), operation(put('x'), 2, 3)), 'read before it was written');
  t.notOk(passes(operation(read('x'), 0, 1)), 'out of nowhere');
  t.notOk(
    passes(operation(put('x'), 0, 10), operation(read('x'), 1, 2), operation(read(null), 3, 4)),
    'new, then old again',
  );
  t.notOk(
    passes(
      ...[operation(put('x'), 0, 1), operation(put('y'), 2, 3)],
      ...[operation(read('y'), 4, 5), operation(read('x'), 6, 7)],
    ),
    'an overwritten value returns',
  );
  t.notOk(passes(operation(swap(null, 'x', true), 0, 5), operation(swap(null, 'y', true), 0, 5)), 'both won');
  t.notOk(passes(operation(put('x'), 0, 1), operation(swap('x', 'y', false), 2, 3)), 'it lost to nobody');
  t.notOk(passes(operation(put('x'), 5, never), operation(read('x'), 0, 1)), 'seen before it was asked for');
  t.notOk(
    passes(operation(put('x'), 0, 1), operation(put('z'), 0, 1, 'b'), operation(read('z'), 2, 3)),
    'wrong register',
  );
});

t.test('it agrees with a search through all orders', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = seededRandom(seed);
  const verdicts = { true: 0, false: 0 };
  for (let round = 0; round < 3_000; round++) {
    const history = Array.from({ length: 1 + random.below(6) }, () => {
      const startedMs = random.below(12);
      const endedMs = random.chance(0.15) ? never : startedMs + 1 + random.below(8);
      const value = () => random.pick(['x', 'y']);
      const seen = () => random.pick([null, 'x', 'y']);
      const call = random.pick([put(value()), read(seen()), swap(seen(), value(), random.pick([true, false]))]);
      return operation(
        call.kind === 'compare-and-set' && endedMs === never ? swap(null, 'x') : call,
        startedMs,
        endedMs,
      );
    });
    const expected = anyOrder(null, history);
    verdicts[`${expected}`]++;
    t.equal(passes(...history), expected, `seed ${seed}: ${JSON.stringify(history)}`);
    if (!t.passing()) break;
  }
  t.ok(verdicts.true > 300 && verdicts.false > 300, `both kinds occur: ${JSON.stringify(verdicts)}`);
});

/** By definition: some order in which each that ended before another began stands before it, and all fit. */
function anyOrder(state: string | null, left: readonly Operation[]): boolean {
  if (left.every(({ endedMs }) => endedMs === never)) return true;
  return left.some((first, i) => {
    if (left.some((other) => other !== first && other.endedMs < first.startedMs)) return false;
    const rest = left.filter((_, j) => j !== i);
    const { call } = first;
    if (call.kind === 'put') return anyOrder(call.value, rest);
    if (call.kind === 'read') return call.seen === state && anyOrder(state, rest);
    const swaps = call.expected === state;
    return (call.swapped ?? swaps) === swaps && anyOrder(swaps ? call.value : state, rest);
  });
}
