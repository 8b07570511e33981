// The share of one account in a lane (§8) over the life of whole nodes: a chain without a quorum fills it, a restart still
// knows of it, and commits empty it.

import t from 'tap';
import { signCommand } from '../../ledger/commands/index.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { errorRow } from '../../lib/errors.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { MiB } from '../../lib/units.ts';
import { WholeNodes } from './whole-nodes.ts';

t.setTimeout(0); // the runner's budget for the file decides

t.test(
  'an account fills its share while the chain is halted, keeps it over a restart, and has it back after commits',
  async (t) => {
    const net = new WholeNodes(5, {
      ...{ validators: 4, segmentBytes: 16 * MiB },
      chains: [{ name: 'main', application: 'key-value' }],
    });
    const { chain } = net;
    const [alice, bob] = [1, 2].map((seed) => sodiumSuite.keyPairOf(new Uint8Array(32).fill(seed)));
    const put = (keys: typeof alice, nonce: number) =>
      signCommand(
        {
          ...{ chain, account: null, nonce, after: null, atomic: true },
          expiryMs: (net.hosts[0]?.machine.wallMs() as number) + 300_000,
          operations: [{ kind: 'put', key: fromUtf8(`k${nonce}`), value: new Uint8Array(30_000) }],
        },
        sodiumSuite,
        keys as NonNullable<typeof keys>,
      ).entry;
    const accounts = (): unknown => {
      const { system, served } = net.node(0);
      return system.describe(
        served[0]?.addresses.admission as NonNullable<(typeof served)[0]>['addresses']['admission'],
      )?.context?.['accounts'];
    };
    t.equal(net.submitAll(0, 'main', [put(bob, 1)]).accepted, 1);
    net.run(5_000);
    t.equal(accounts(), 0);

    for (const away of [2, 3]) net.hosts[away]?.crash('killed');
    let accepted = 0;
    let busy: readonly number[] = [];
    for (let nonce = 1; busy.length === 0 && nonce < 400; nonce += 10) {
      const answer = net.submitAll(
        0,
        'main',
        Array.from({ length: 10 }, (_, i) => put(alice, nonce + i)),
      );
      accepted += answer.accepted;
      busy = answer.codes;
    }
    t.same(new Set(busy), new Set([errorRow('account-busy').code]));
    t.ok(accepted >= 200, `${accepted} commands of 30 KB fit in the share`);
    t.equal(net.submitAll(0, 'main', [put(bob, 2)]).accepted, 1, 'another account gets in');
    t.equal(accounts(), 2);

    net.hosts[0]?.crash('power-cut', 'lost');
    net.run(1_000);
    net.hosts[0]?.start();
    net.run(3_000);
    t.equal(accounts(), 2, 'both are known again');
    net.hosts[2]?.start();
    net.run(60_000);
    t.equal(accounts(), 0, 'all is committed');
    t.same(net.submitAll(0, 'main', [put(alice, 600)]), { accepted: 1, codes: [] });
    net.run(5_000);
    t.same(net.world.violations, []);
  },
);
