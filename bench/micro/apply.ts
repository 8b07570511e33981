// What a put costs a validator, without consensus: decode, verify, execute, tree, receipts, batch (store in memory).
// Blocks of single commands and of bundles of 100, over 10³ to 10⁵ keys. `node dist/bench/micro/apply.js`.

import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import type { Applied, Opened } from '../../consensus/application.ts';
import { type Operation, signCommand } from '../../ledger/commands/index.ts';
import { KeyValueLedger } from '../../ledger/index.ts';
import { bigEndian, fromUtf8 } from '../../lib/bytes.ts';
import { accelerateSha256, sha256Hex, zeroHash } from '../../lib/hash.ts';
import { seededRandom } from '../../lib/random.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { packEntries } from '../../net/gateway/protocol.ts';
import { cpuSince, tell } from '../support/figures.ts';
import { memoryStore, settled } from '../support/memory-store.ts';

accelerateSha256(nativeSha256);
const chain = sha256Hex(fromUtf8('bench'));
const rules = { chain, accounts: { mode: 'open' }, bytesPerAccount: 2 ** 40, suites: [sodiumSuite] } as const;
const random = seededRandom(1);
const senders = Array.from({ length: 20 }, (_, i) => sodiumSuite.keyPairOf(new Uint8Array(32).fill(i + 1)));

function blockOf(keys: number, commands: number, perCommand: number, nonce: number): readonly Uint8Array[] {
  return Array.from({ length: commands }, (_, i) => {
    const operations: Operation[] = Array.from({ length: perCommand }, () => ({
      kind: 'put',
      key: bigEndian(random.below(keys / senders.length), 8), // each sender has keys of its own
      value: bigEndian(random.below(2 ** 32), 32),
    }));
    const sender = senders[i % senders.length] as (typeof senders)[number];
    const command = { chain, account: null, nonce: nonce + i, expiryMs: 1000, after: null, atomic: true, operations };
    return signCommand(command, sodiumSuite, sender).entry;
  });
}

async function measure(keys: number, commands: number, perCommand: number, blocks: number): Promise<void> {
  const ledger = new KeyValueLedger({
    rules,
    store: memoryStore(),
    storePrefix: fromUtf8('x'),
    defer: setImmediate,
    after: () => {},
  });
  await settled<Opened>((done) => ledger.open(done));
  const micros: number[] = [];
  for (let height = 1; height <= blocks; height++) {
    const entries = blockOf(keys, commands, perCommand, 1 + (height - 1) * commands);
    const batch = { lane: 0, seq: height, count: commands, bytes: [packEntries(entries)] };
    const began = process.cpuUsage();
    const applied = await settled<Applied>((done) =>
      ledger.apply({ height, id: zeroHash, timeMs: 1, batches: [batch] }, done),
    );
    micros.push(cpuSince(began) / (commands * perCommand));
    const [refused] = applied.outcomes[0]?.exceptions ?? [];
    if (refused !== undefined) throw new Error(`refused with ${refused.code}`);
  }
  const shape = perCommand === 1 ? `${commands} puts` : `${commands} bundles of ${perCommand}`;
  tell(`apply ${shape} over ${keys} keys`, 'µs/put', micros);
}

for (const keys of [1e3, 1e4, 1e5]) {
  await measure(keys, 10, 100, 40);
  await measure(keys, 50, 100, 15);
  await measure(keys, 200, 1, 15);
}
