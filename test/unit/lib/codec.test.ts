import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { pack } from 'msgpackr';
import t from 'tap';
import { fromHex, toHex } from '../../../lib/bytes.ts';
import { decode, defaultLimits, type Encodable, encode } from '../../../lib/codec.ts';
import { decodeDocument, encodeDocument } from '../../../lib/document.ts';

const samples: readonly Encodable[] = [
  null,
  true,
  0,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  0xffffffff,
  0x100000000,
  Number.MAX_SAFE_INTEGER,
  'zażółć 🦔',
  'x'.repeat(40),
  new Uint8Array(randomBytes(300)),
  [1, [2, [3, null]], 'x', new Uint8Array(3)],
  Array.from({ length: 20 }, (_, i) => i),
];

t.test('every encodable value comes back, and only from its own encoding', async (t) => {
  for (const sample of samples) {
    const encoded = encode(sample);
    const decoded = decode(encoded);
    t.ok(decoded.ok, toHex(encoded).slice(0, 40));
    if (decoded.ok) t.strictSame(toHex(encode(decoded.value)), toHex(encoded));
  }
});

t.test('hostile encodings are refused by name', async (t) => {
  const cases: readonly [string, string][] = [
    ['cc01', 'not-minimal'],
    ['cd00ff', 'not-minimal'],
    ['ce0000ffff', 'not-minimal'],
    ['d300000000ffffffff', 'not-minimal'],
    ['d3ffffffffffffffff', 'unsafe-integer'],
    ['cf0000000100000000', 'forbidden-type'],
    ['d90161', 'not-minimal'],
    ['dc000101', 'not-minimal'],
    ['c50001aa', 'not-minimal'],
    ['81a16101', 'forbidden-type'],
    ['cb3ff0000000000000', 'forbidden-type'],
    ['ff', 'forbidden-type'],
    ['d40001', 'forbidden-type'],
    ['c7016901', 'forbidden-type'],
    ['9201', 'truncated'],
    ['c403aabb', 'truncated'],
    ['0101', 'trailing-bytes'],
    ['a2c328', 'bad-text'],
    ['ddffffffff', 'too-many-items'],
    [`${'91'.repeat(40)}01`, 'too-deep'],
  ];
  for (const [hex, fault] of cases) {
    const decoded = decode(fromHex(hex) as Uint8Array);
    t.notOk(decoded.ok, hex);
    if (!decoded.ok) t.equal(decoded.error, fault, hex);
  }
});

t.test('a message above its size limit is refused before it is looked at', async (t) => {
  const decoded = decode(new Uint8Array(11), { maxBytes: 10, maxDepth: 4, maxItems: 10 });
  t.same(decoded, { ok: false, error: 'too-large' });
});

t.test('what JSON can say comes back from msgpack, whoever wrote it', async (t) => {
  const seed = randomBytes(4).readInt32LE(0);
  t.comment(`seed ${seed}`);
  const same = fc.property(fc.jsonValue(), (value) => {
    const plain = JSON.parse(JSON.stringify(value).replaceAll('__proto__', 'proto'));
    for (const bytes of [encodeDocument(plain), new Uint8Array(pack(plain))]) {
      const decoded = decodeDocument(bytes, defaultLimits);
      if (!decoded.ok || JSON.stringify(decoded.value) !== JSON.stringify(plain)) return false;
    }
    return true;
  });
  const run = fc.check(same, { seed });
  t.notOk(run.failed, fc.defaultReportMessage(run) ?? '');
  const whole = { time: 1_800_000_000_000, least: -(2 ** 40), absent: undefined };
  t.notMatch(toHex(encodeDocument(whole)), /cb/, 'whole numbers stay whole for readers that tell them from others');
  t.same(decodeDocument(encodeDocument(whole), defaultLimits), {
    ok: true,
    value: { time: whole.time, least: whole.least },
  });
  const noise = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    decodeDocument(bytes, defaultLimits);
  });
  t.notOk(fc.check(noise, { seed, numRuns: 2_000 }).failed, 'noise is a value or a fault');
  const prototype = decodeDocument(fromHex('81a95f5f70726f746f5f5f81a178c3') as Uint8Array, defaultLimits);
  t.ok(prototype.ok);
  t.notOk((prototype as { value: { x?: boolean } }).value.x, 'no prototype is set');
});
