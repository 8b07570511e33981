// A committee of one (q = 1): its vote is its own certificate (D6), which a Timeout must not overtake.

import t from 'tap';
import { committeeOf } from '../../../consensus/certificate/index.ts';
import { createCore, type JournalRecord, type Output, recover, step } from '../../../consensus/core/index.ts';
import { fromUtf8 } from '../../../lib/bytes.ts';
import { sha256Hex, zeroHash } from '../../../lib/hash.ts';
import { sodiumSuite } from '../../../lib/suites/sodium.ts';
import { milliseconds, seconds } from '../../../lib/units.ts';

t.test(
  'the progress timer fires in the turn in which the vote becomes durable: the Timeout names its block',
  async (t) => {
    const key = sodiumSuite.keyPairOf(new Uint8Array(32).fill(1));
    const committee = committeeOf({
      chain: sha256Hex(fromUtf8('alone')),
      epoch: 0,
      keys: [key.publicKey],
      window: 64,
      suite: sodiumSuite,
    });
    const core = createCore(
      {
        committee,
        me: 0,
        sign: (text) => sodiumSuite.sign(key, text),
        genesisRoots: { stateRoot: zeroHash, outboxRoot: zeroHash },
        genesisTimeMs: 0,
        plannedTermMs: seconds(30),
        applied: { height: 0, roots: [] },
      },
      milliseconds(0),
      0,
    );
    recover(core, [{ type: 'init' }]);
    const body = fromUtf8('entry');
    const content = { count: 1, size: body.length, contentHash: sha256Hex(body), body: [body] };
    const records: JournalRecord[] = [];
    const turn = (now: number, ...inputs: Parameters<typeof step>[3][number][]): readonly Output[] => {
      const outputs = step(core, milliseconds(now), now, inputs);
      for (const output of outputs) if (output.type === 'append') records.push(output.record);
      return outputs;
    };
    turn(1, { type: 'wake' });
    turn(2, { type: 'synced', through: core.appended });
    turn(3, { type: 'seal', content });
    turn(4, { type: 'synced', through: core.appended });
    t.ok(
      records.some(({ type }) => type === 'vote'),
      'it has voted',
    );
    turn(20_000, { type: 'synced', through: core.appended });
    turn(40_000, { type: 'synced', through: core.appended });
    const timeout = records.find((record) => record.type === 'timeout');
    t.equal(core.committedTip.height, 1);
    if (timeout?.type === 'timeout') t.equal(timeout.timeout.qc?.height, 1);
  },
);
