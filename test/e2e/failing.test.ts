// A member whose every start ends alike: its supervisor gives up after a few, `status` and `why` say what is wrong with it
// and what to do, and what they say helps.

import { join } from 'node:path';
import t from 'tap';
import { createRealClock } from '../../actors/drivers/real-clock.ts';
import { loadGenesis, openHome } from '../../cli/home/home.ts';
import { chainGenesis } from '../../consensus/genesis/index.ts';
import { nodeDisk } from '../../storage/drivers/node-disk.ts';
import { nodeStores } from '../../storage/drivers/node-stores.ts';
import { openShard } from '../../storage/index.ts';
import { eventually, type Status, type TestDevnet, testDevnet, type Why } from './devnet.ts';

t.setTimeout(0); // the runner's budget for the file decides

t.test('a journal record that cannot be read parks its member, by name, reason and remedy', async (t) => {
  const net = testDevnet(t);
  await net.start('--validators', '1');
  await net.run('dev', 'kill', 'v1');
  await appendRecord(net, 99);
  const starts = (await net.supervisorState()).restarts;
  await net.run('dev', 'revive', 'v1');

  await eventually('it is given up', 90, async () => (await net.supervisorState()).state === 'failed');
  t.equal((await net.supervisorState()).restarts - starts, 4, 'five starts');
  const why = (await net.ask<Why>('why')).json;
  t.match(why, { state: 'halted', missing: ['v1'] });
  t.match(why.sentence, /v1 failed: .*cannot be replayed: a record of kind 99 at position \d+ cannot be read/);
  t.match(why.remedy, /psky logs --node v1 --home/);
  t.match(why.remedy, /psky reset/);
  t.match((await net.ask<Status>('status')).json.members[0], {
    name: 'v1',
    state: 'failed',
    failure: { code: 'PSKY-1024', name: 'node-failed' },
  });

  t.equal((await net.run('reset', '--node', 'v1', '-y')).status, 0);
  t.equal((await net.run('dev', 'revive', 'v1')).status, 0);
  await eventually('it runs, fenced', 20, async () => (await net.ask<Why>('why')).json.remedy.includes('fenced'));
  t.equal((await net.run('dev', 'stop')).status, 0);
});

/** As a newer version, or a bug, may have left one. */
async function appendRecord(net: TestDevnet, kind: number): Promise<void> {
  const genesis = loadGenesis(openHome(net.home));
  const { chain } = chainGenesis(genesis, 'main');
  const world = {
    disk: nodeDisk(),
    clock: createRealClock(),
    stores: nodeStores(),
    newShardId: () => new Uint8Array(16),
    note: () => {},
  };
  const directory = join(net.home, 'v1', 'data', genesis.chains[0]?.shard ?? '');
  const journal = { segmentBytes: genesis.chains[0]?.segmentBytes ?? 0, retain: 'all' as const };
  await new Promise<void>((resolve, reject) => {
    openShard(world, { directory, journal }, { fatal: reject }, (fault, shard) => {
      if (fault !== undefined) return reject(fault);
      shard.journal.view(chain).append(kind, [Uint8Array.of(1, 2, 3)]);
      shard.close((closing) => (closing === undefined ? resolve() : reject(closing)));
    });
  });
}
