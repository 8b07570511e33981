import t from 'tap';
import { fromUtf8 } from '../../../lib/bytes.ts';
import { hpkeSealing, isSealingSuite, sealingX25519, sealingXWing } from '../../../lib/suites/sealing.ts';

const seed = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const text = fromUtf8('limit: 1000');
const place = fromUtf8('place');

for (const suite of [sealingX25519, sealingXWing]) {
  t.test(`suite ${suite}: only the reader opens it, in its place, unchanged`, async (t) => {
    const reader = await hpkeSealing.keysOf(suite, seed(1));
    const other = await hpkeSealing.keysOf(suite, seed(2));
    const sealed = await hpkeSealing.seal(reader, text, place);
    t.equal(sealed[0], suite, 'the suite leads');
    t.strictSame(await hpkeSealing.open(reader, sealed, place), text);
    t.equal(await hpkeSealing.open(other, sealed, place), undefined);
    t.equal(await hpkeSealing.open(reader, sealed, fromUtf8('elsewhere')), undefined);
    t.equal(await hpkeSealing.open(reader, sealed.subarray(0, 40), place), undefined);
    for (let i = 0; i < sealed.length; i += 7) {
      const changed = Uint8Array.from(sealed);
      changed[i] = (changed[i] as number) ^ 1;
      t.equal(await hpkeSealing.open(reader, changed, place), undefined, `byte ${i}`);
    }
    t.notSame(await hpkeSealing.seal(reader, text, place), sealed, 'the same text is never sealed alike');
    t.strictSame((await hpkeSealing.keysOf(suite, seed(1))).publicKey, reader.publicKey, 'keys come from the seed');
  });
}

t.test('other suites are not known', async (t) => {
  t.ok(isSealingSuite(sealingX25519) && isSealingSuite(sealingXWing));
  t.notOk(isSealingSuite(0));
});
