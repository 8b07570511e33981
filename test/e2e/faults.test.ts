// What is done to real processes: killed under load, all at once, robbed of their disk, asked to end.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fromUtf8 } from '../../lib/bytes.ts';
import { nodePlatform } from '../../sdk/drivers/node-platform.ts';
import { type Client, newKey, type SignedEntry, type WalletKey } from '../../sdk/index.ts';
import { eventually, type LoadResult, type Status, type TestDevnet, testDevnet, type Why } from './devnet.ts';
import { psky } from './psky.ts';

t.setTimeout(0); // the runner's budget for the file decides

t.test('four validators through kills and the loss of a disk', async (t) => {
  const net = testDevnet(t);
  await net.start();

  await t.test('the leader is killed under load: nothing accepted is lost', async (t) => {
    const load = net.ask<LoadResult>('load', '--mode', 'blob', '--rate', '2000', '--size', '512', '--seconds', '5');
    await eventually('the load arrives', 20, async () => (await net.heightOf('v1', 'bench')) > 2);
    const leader = await leaderOf(net, 'bench');
    const pid = net.report?.validators.find((each) => each.name === leader)?.pid as number;
    process.kill(pid, 'SIGKILL');
    const { status, json } = await load;
    t.equal(status, 0, JSON.stringify(json));
    t.equal(json.lost, 0);
    t.equal(json.committed + json.refused, json.offered, 'each is committed or was refused');
    t.ok(json.committed > 0.5 * json.offered, `${json.committed} of ${json.offered} committed`);
    await net.untilLevel('bench');
    t.not(
      (await net.ask<Status>('status')).json.members.find((each) => each.name === leader)?.pid,
      pid,
      'it was restarted',
    );
    t.same(await net.differences('bench'), [], 'equal roots');
  });

  await t.test('without the leader the others choose another', async (t) => {
    const leader = await leaderOf(net, 'main');
    await net.run('dev', 'kill', leader);
    const put = await net.run('tx', 'put', 'who', 'leads');
    t.equal(put.status, 0, put.stdout);
    t.not(await leaderOf(net, 'main', leader), leader);
    await net.run('dev', 'revive', leader);
  });

  await t.test('all are killed at once: what was accepted is committed, no receipt changes', async (t) => {
    const client = net.client();
    const key = newKey(nodePlatform);
    const hashes = (await putMany(client, key, 1, 20)).map((signed) => signed.hash);
    await net.untilLevel('main');
    const before = await receiptsOf(net, hashes);
    t.same(
      before.filter((receipt) => !receipt.startsWith('committed')),
      [],
    );
    const signed = await signMany(client, key, 21, 60);
    const answers = await Promise.all(signed.map((each) => client.submit(each).catch(() => undefined)));
    const accepted = signed.filter((_, i) => ['accepted', 'committed'].includes(answers[i]?.status ?? ''));
    t.ok(accepted.length > 0, `${accepted.length} accepted`);
    await net.killAll();

    await net.start();
    await net.untilLevel('main');
    t.same(await receiptsOf(net, hashes), before);
    await eventually('all that was accepted is committed', 20, async () => {
      const receipts = await receiptsOf(
        net,
        accepted.map((each) => each.hash),
      );
      return receipts.every((receipt) => receipt.startsWith('committed') && receipt.endsWith(' 0'));
    });
    await net.untilLevel('main');
    t.same(await net.differences('main'), [], 'equal roots');
  });

  await t.test('a validator whose disk was wiped follows, serves and signs nothing', async (t) => {
    await net.run('dev', 'kill', 'v4');
    const key = newKey(nodePlatform);
    await putMany(net.client(['v1', 'v2', 'v3']), key, 1, 5);
    rmSync(join(net.home, 'v4', 'data'), { recursive: true });
    t.equal((await net.run('dev', 'revive', 'v4')).status, 0);
    await net.untilLevel('main');
    const why = await net.ask<Why>('why');
    t.match(why.json, { state: 'fenced', missing: ['v4'], have: 3, need: 3, sentence: /v4 is fenced/ });
    const status = await net.ask<Status>('status');
    t.equal(status.json.members.find((each) => each.name === 'v4')?.state, 'fenced');

    await putMany(net.client(['v4', 'v1', 'v2', 'v3']), key, 6, 10);
    await net.untilLevel('main');
    const signers = new Set<string>();
    for (const name of net.names) {
      const read = await net.client([name]).getVerified(key.account, fromUtf8('k10'));
      t.ok(read.ok, `${name} serves a read with a proof`);
      if (read.ok) for (const signer of read.value.signers) signers.add(signer);
    }
    t.same([...signers].sort(), ['v1', 'v2', 'v3']);
    t.same(await net.differences('main'), [], 'equal roots');

    // it makes no quorum with two others
    await net.run('dev', 'kill', 'v3');
    const held = await net.ask<{ code: string }>('tx', 'put', 'a', 'b', '--timeout', '2s');
    t.equal(held.json.code, 'pending');
    t.match((await net.ask<Why>('why')).json, { state: 'halted', missing: ['v3', 'v4'], have: 2, need: 3 });
    await net.run('dev', 'revive', 'v3');
    t.equal((await net.run('tx', 'put', 'a', 'b')).status, 0);
  });

  await t.test('a second devnet on one home is refused; SIGTERM drains the first', async (t) => {
    const second = await net.run('dev', '--json');
    t.equal(second.status, 1);
    t.match(JSON.parse(second.stdout), { error: { name: 'home-in-use' } });
    const node = await psky('start', '--json', '--home', join(net.home, 'v1'));
    t.match(JSON.parse(node.stdout), { error: { name: 'home-in-use' } });
    process.kill(net.supervisor as number, 'SIGTERM');
    await eventually('no process is left', 10, async () => net.processes().length === 0);
  });
});

t.test('a devnet of one commits, proves, and survives SIGKILL', async (t) => {
  const net = testDevnet(t);
  const { json } = await net.start('--validators', '1');
  t.equal(json.validators.length, 1);
  t.equal((await net.run('tx', 'put', 'greeting', 'hello')).status, 0);
  await net.killAll();
  await net.start();
  const read = await net.ask<{ value: string }>('query', 'get', 'greeting', '--prove');
  t.match(read.json, { value: 'hello', verified: true, signers: ['v1'] });
  t.match((await net.ask<Why>('why')).json, { have: 1, need: 1, missing: [] });
  t.equal((await net.run('dev', 'stop')).status, 0);
  t.same(net.processes(), []);
});

/** As one member sees it; @param without a member that is not asked */
async function leaderOf(net: TestDevnet, chain: string, without?: string): Promise<string> {
  const asked = net.names.find((name) => name !== without) as string;
  const { chains } = await net.rpc(asked).call('status', {});
  return chains.find((each) => each.name === chain)?.leader as string;
}

async function signMany(client: Client, key: WalletKey, from: number, to: number): Promise<SignedEntry[]> {
  const nonces = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return Promise.all(
    nonces.map((nonce) =>
      client.sign(key, [{ kind: 'put', key: fromUtf8(`k${nonce}`), value: fromUtf8(`value ${nonce}`) }], nonce),
    ),
  );
}

async function putMany(client: Client, key: WalletKey, from: number, to: number): Promise<SignedEntry[]> {
  const signed = await signMany(client, key, from, to);
  const receipts = await Promise.all(signed.map((each) => client.submitAndWait(each, { timeoutMs: 20_000 })));
  const failed = receipts.find((receipt) => receipt.status !== 'committed' || receipt.code !== 0);
  if (failed !== undefined) throw new Error(`a put is ${JSON.stringify(failed)}`);
  return signed;
}

/** What each member says of each command: one text per command and member. */
async function receiptsOf(net: TestDevnet, hashes: readonly string[]): Promise<readonly string[]> {
  const all = await Promise.all(
    net.names.map((name) =>
      Promise.all(
        hashes.map(async (hash) => {
          const { status, height, index, code } = await net.rpc(name).call('receipt', { chain: 'main', hash });
          return `${status} ${height} ${index} ${code}`;
        }),
      ),
    ),
  );
  return all.flat();
}
