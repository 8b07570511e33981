// Golden bytes of the journal on disk. A change of the format changes these hashes, in a commit of its own that also
// raises `journalFormat`.

import t from 'tap';
import { fromUtf8, toHex } from '../../lib/bytes.ts';
import { accelerateCrc32, crc32 } from '../../lib/crc32.ts';
import { sha256Hex } from '../../lib/hash.ts';
import { nativeCrc32 } from '../../storage/drivers/native-crc32.ts';
import { segmentPath } from '../../storage/segment-names.ts';
import { directory, JournalBench } from '../support/journal-bench.ts';

t.test('the checksum is the common CRC-32, portable and native', async (t) => {
  t.equal(crc32(fromUtf8('123456789')), 0xcbf43926);
  const long = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 255);
  const portable = crc32(long, 99);
  if (nativeCrc32 !== undefined) accelerateCrc32(nativeCrc32);
  t.equal(crc32(long, 99), portable);
});

t.test('a journal has these bytes', async (t) => {
  const bench = new JournalBench();
  const journal = bench.open();
  const [main, other] = [journal.view('main'), journal.view('bench')];
  main.append(1, [fromUtf8('hello'), fromUtf8(' '), fromUtf8('world')]);
  other.append(65_535, []);
  bench.synced(journal);
  main.append(2, [new Uint8Array(1000).fill(7)]);
  bench.synced(journal);
  const image = bench.disk.names.find(segmentPath(directory, 1));
  const all = image?.read(0, image.size) ?? new Uint8Array(0);
  const bytes = all.subarray(0, 64 + 128 + 1088);
  t.equal(toHex(bytes.subarray(0, 64)), goldenHeader);
  t.equal(toHex(bytes.subarray(64, 96)), goldenGroup);
  t.equal(sha256Hex(bytes), goldenHash);
  t.ok(
    all.subarray(bytes.length).every((byte) => byte === 0),
    'zeros behind them, for what comes next',
  );
});

const goldenHeader =
  '50534b594a524e4c01000000400000003031323334353637383961626364656600000100010000000100000000000000000000000000000000000000e77aaea8';
const goldenGroup = '50534b4780000000010000000000000004000000010000000000000099cc7ae0';
const goldenHash = '6b5e46a0f18d39ce463729632e88f3c2bc0b495effbb7b849ce99119588489bd';
