import fc from 'fast-check';
import t from 'tap';
import { decodeValue, encodeValue } from '../../../../swarms/run/values.ts';

const seed = Number(process.env['PSKY_SEED'] ?? Date.now() % 2 ** 31);

function there(value: unknown): unknown {
  const bytes = encodeValue(value);
  if (!bytes.ok) throw new Error(bytes.error.detail);
  return decodeValue(bytes.value)?.value;
}

t.test('a value is read as it was written', async (t) => {
  const values: readonly unknown[] = [
    ...[
      null,
      undefined,
      true,
      false,
      0,
      -0,
      1,
      -1,
      0.1,
      2 ** 40,
      -(2 ** 53) + 1,
      2 ** 60,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ],
    ...['', 'ascii', 'Iași, 東京, 🦊', '\u0000', '\ud800 half', 'half \udc00'],
    ...[0n, -1n, 2n ** 200n, -(2n ** 200n)],
    ...[new Date(0), new Date(-1)],
    ...[new Uint8Array(0), Uint8Array.of(0, 255)],
    ...[
      [],
      {},
      [undefined],
      { a: undefined },
      { ['__proto__']: 1 },
      [[[]]],
      new Map([[{ a: 1 }, 'x']]),
      new Set([1, '1']),
    ],
  ];
  for (const value of values) t.strictSame(there(value), value);
  t.ok(Object.is(there(-0), -0));
  t.ok(Number.isNaN((there(new Date(Number.NaN)) as Date).getTime()));
  t.ok(Object.hasOwn(there({ ['__proto__']: 1 }) as object, '__proto__'));
});

t.test(`and so is every value that there is, seed ${seed}`, async (t) => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withUnicodeString: true,
  } as never);
  const property = fc.property(anything, (value) => {
    const bytes = encodeValue(value);
    if (!bytes.ok) return;
    const again = encodeValue(decodeValue(bytes.value)?.value);
    if (!again.ok || Buffer.compare(again.value, bytes.value) !== 0) throw new Error('it changed');
  });
  t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 2_000 }));
});

t.test('1 MB of text and bytes passes', async (t) => {
  const value = {
    text: 'ț'.repeat(500_000),
    bytes: new Uint8Array(1_000_000).fill(7),
    list: Array.from({ length: 10_000 }, (_, i) => ({ i })),
  };
  t.strictSame(there(value), value);
});

t.test('what cannot be sent is refused, with its place', async (t) => {
  class Account {}
  const loop: unknown[] = [];
  loop.push(loop);
  t.match(encodeValue({ a: [() => 1] }), {
    ok: false,
    error: { name: 'swarm-value-unsupported', detail: 'a[0] is a function.' },
  });
  t.match(encodeValue({ a: new Account() }), { error: { detail: 'a is an object of the class Account.' } });
  t.match(encodeValue(Symbol('x')), { error: { name: 'swarm-value-unsupported' } });
  t.match(encodeValue(loop), { error: { detail: /nested too deeply/ } });
  t.match(encodeValue('x'.repeat(5_000_000)), { error: { name: 'swarm-value-too-large' } });
});

t.test('bytes that are no value are none', async (t) => {
  for (const bytes of [[], [0xc1], [0x91, 0x09], [0x92, 2, 0xa1, 0x61], [0x92, 3, 0xa1, 0x67], [0x92, 1, 1]])
    t.equal(decodeValue(Uint8Array.from(bytes)), undefined);
});
