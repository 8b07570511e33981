import t from 'tap';
import { RateSearch } from '../../../bench/load/search.ts';
import { spreadOf } from '../../../bench/load/spread.ts';
import { seededRandom } from '../../../lib/random.ts';

interface Found {
  readonly confirmed: number;
  readonly rates: readonly number[];
  readonly confirmations: number;
}

/** Searches in a world that bears what `bears` says, at most `maxTries` of which the last one confirms. */
function search(
  bears: (rate: number, confirming: boolean) => boolean,
  options: { start?: number; ceiling?: number; maxTries?: number } = {},
): Found {
  const rates = new RateSearch({ start: options.start ?? 1_000, ceiling: options.ceiling ?? 1_000_000 });
  const tried: number[] = [];
  let confirmations = 0;
  for (;;) {
    const next = rates.next(tried.length + 2 <= (options.maxTries ?? 40));
    if (next === undefined || tried.length >= (options.maxTries ?? 40)) break;
    tried.push(next.rate);
    if (next.confirming) confirmations++;
    rates.take(next, bears(next.rate, next.confirming));
  }
  return { confirmed: rates.confirmed, rates: tried, confirmations };
}

t.test('the search doubles, halves between what was borne and what was not, and confirms within 5 %', async (t) => {
  const { confirmed, rates } = search((rate) => rate <= 97_300);
  t.same(rates.slice(0, 8), [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000]);
  t.ok(confirmed <= 97_300 && confirmed >= 97_300 / 1.06, `${confirmed}`);
  t.equal(rates.at(-1), confirmed, 'the last run is the one that counts');
});

t.test('every capacity is found within 5 %, from above and from below', async (t) => {
  const seed = Date.now() % 2 ** 32;
  const random = seededRandom(seed);
  for (let i = 0; i < 500; i++) {
    const capacity = Math.round(20 * 10 ** (random.below(4_500) / 1_000));
    const { confirmed, rates, confirmations } = search((rate) => rate <= capacity);
    const near = confirmed <= capacity && confirmed >= Math.floor(capacity / 1.06) - 1;
    if (!near || confirmations !== 1 || rates.length > 24)
      t.fail(`seed ${seed}: ${capacity} gave ${confirmed}, ${rates}`);
  }
  t.pass(`seed ${seed}`);
});

t.test(
  'what bounds the search is tried again: a network that was cold, or disturbed once, is not held to it',
  async (t) => {
    let tries = 0;
    const cold = search((rate) => (++tries > 8 || rate <= 40_000 ? rate <= 97_300 : false));
    t.ok(cold.confirmed <= 97_300 && cold.confirmed >= 97_300 / 1.06, `${cold.confirmed}`);
    let failed = 0;
    const disturbed = search((rate) => (rate === 32_000 && failed++ === 0 ? false : rate <= 33_000));
    t.equal(disturbed.confirmed, 32_000);
    const steady = search((rate) => rate <= 33_000);
    for (const rate of new Set(steady.rates))
      t.ok(steady.rates.filter((each) => each === rate).length <= 2, `${rate} at most twice`);
  },
);

t.test('a confirming run that fails is followed by lower ones until one confirms', async (t) => {
  const { confirmed, rates, confirmations } = search((rate, confirming) => rate <= (confirming ? 40_000 : 50_000));
  t.ok(confirmed <= 40_000 && confirmed >= 30_000, `${confirmed}`);
  t.ok(confirmations > 1 && confirmations <= 5, `${confirmations} confirming runs`);
  t.equal(rates.at(-1), confirmed);
});

t.test('without room for more tries, the best one so far is confirmed', async (t) => {
  const { confirmed, rates } = search((rate) => rate <= 50_000, { maxTries: 5 });
  t.same(rates, [1_000, 2_000, 4_000, 8_000, 8_000]);
  t.equal(confirmed, 8_000);
});

t.test('nothing above the ceiling is tried, and a network that bears nothing ends the search', async (t) => {
  t.same(search(() => true, { start: 600, ceiling: 1_000 }).rates, [600, 1_000, 1_000]);
  const { confirmed, rates } = search(() => false);
  t.equal(confirmed, 0);
  t.equal(rates.at(-1), 1);
});

t.test('several runs are their median and how far they lie apart', async (t) => {
  t.same(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
  t.same(spreadOf([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
});
