// How the members of a devnet are linked, as far as it can be changed for measuring: as if they stood far apart.

import t from 'tap';
import { breakNode } from './break-node.ts';
import { type LoadResult, testDevnet } from './devnet.ts';

t.setTimeout(0); // the runner's budget for the file decides

t.test('links that take 50 ms one way: nothing is final before there and back', async (t) => {
  const net = testDevnet(t);
  await net.start('--validators', '2');
  const homes = (net.report?.validators ?? []).map(({ home }) => home);
  const refused = await breakNode(homes[0] as string, { linkDelayMs: -1 }).catch((error: unknown) => error);
  t.match(refused, { error: { name: 'bad-request', message: /linkDelayMs/ } });
  for (const home of homes) await breakNode(home, { linkDelayMs: 50 });
  const { json } = await net.ask<LoadResult>('load', '--rate', '50', '--seconds', '2', '--warm-up', '0');
  t.match(json, { committed: 100, lost: 0 });
  // both validators have to vote; a histogram keeps three digits
  t.ok(json.latencyMs.p50 >= 99.5, `p50 ${json.latencyMs.p50} ms`);
  for (const home of homes) await breakNode(home, {});
  t.equal((await net.run('tx', 'put', 'links', 'short again')).status, 0);
  await net.run('dev', 'stop');
});
