import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { connectAdmin } from '../../net/drivers/admin-client.ts';
import { testDevnet } from './devnet.ts';

t.test('the load laboratory on a real network', async (t) => {
  const net = testDevnet(t);
  await net.start();

  await t.test('repeated runs, their spread, a report, and CPU by room', async (t) => {
    const folder = join(net.home, '..');
    const report = join(folder, 'report.html');
    const profiles = join(folder, 'profiles');
    const words = ['load', '--rate', '400', '--seconds', '2', '--warm-up', '1', '--repeat', '2'];
    const { status, json, stderr } = await net.ask<Record<string, unknown>>(
      ...words,
      '--report',
      report,
      '--profile',
      profiles,
    );
    t.equal(status, 0, stderr);
    t.match(json, { offered: 1_600, accepted: 1_600, committed: 1_600, lost: 0, warmUpSeconds: 1, seconds: 2 });
    const spread = json['spread'] as Record<string, { median: number; min: number; max: number }>;
    for (const key of ['committedPerSecond', 'p50', 'p99', 'p999', 'max']) {
      const { median, min, max } = spread[key] as { median: number; min: number; max: number };
      t.ok(min <= median && median <= max, key);
    }
    t.match(json, {
      latencyMs: { p99: spread['p99']?.median },
      machine: { cores: Number },
      commit: /^[0-9a-f]{40}|null/,
    });
    const told = { verifyUs: Number, sha256GBs: Number, sync4kUs: Number };
    t.match(json['calibration'], { ...told, before: told, after: told });
    const runs = json['runs'] as Record<string, unknown>[];
    t.equal(runs.length, 2);
    for (const run of runs) {
      t.match(run, { offered: 800, warmUp: { committed: Number }, profile: { validators: ['v1', 'v2', 'v3', 'v4'] } });
      const { rooms } = run['profile'] as { rooms: { room: string; cores: number; share: number }[] };
      const sum = rooms.reduce((all, { share }) => all + share, 0);
      t.ok(Math.abs(sum - 1) < 0.01, `shares add up to ${sum}`);
      for (const room of ['consensus', 'storage', 'crypto']) {
        t.ok((rooms.find((each) => each.room === room)?.share ?? 0) > 0, `${room} takes something`);
      }
      const resources = run['resources'] as { cores: number; rssMaxBytes: number }[];
      t.equal(resources.length, 4);
      for (const { cores, rssMaxBytes } of resources) t.ok(cores > 0 && rssMaxBytes > 20e6);
    }
    t.match(readFileSync(report, 'utf8'), /<!doctype html>[^]*CPU by room[^]*<\/html>/);
    const files = readdirSync(profiles).filter((file) => file.endsWith('.cpuprofile'));
    t.equal(files.length, 8, 'one for each validator and run');
    const first = JSON.parse(readFileSync(join(profiles, files[0] as string), 'utf8'));
    t.ok(first.nodes.length > 10 && first.samples.length > 100);
  });

  await t.test('one profile of a node at a time, and it ends when its owner goes away', async (t) => {
    const home = net.report?.validators[0]?.home as string;
    const [one, other] = [await connectAdmin(home), await connectAdmin(home)];
    const start = (client: typeof one): Promise<string> =>
      new Promise((resolve) => {
        client.follow(
          'profile-start',
          {},
          (event) => resolve(Object.keys(event as object)[0] ?? ''),
          (error) => resolve(error?.name ?? ''),
        );
      });
    t.equal(await start(one), 'startedMs');
    t.equal(await start(other), 'profile-failed');
    one.close();
    let again = await start(other);
    for (let i = 0; i < 50 && again === 'profile-failed'; i++) again = await start(other);
    t.equal(again, 'startedMs', 'the next one may');
    other.close();
    const third = await connectAdmin(home);
    await t.rejects(
      third.call('profile-stop').then(() => third.call('profile-stop')),
      'nothing is left to stop',
    );
    third.close();
  });

  await t.test('--find-max: the line that programs read', async (t) => {
    const words = ['load', '--mode', 'signed', '--find-max', '--size', '200', '--seconds', '1', '--warm-up', '0'];
    const { status, json, stderr } = await net.ask<Record<string, unknown>>(...words);
    t.equal(status, 0, stderr);
    t.match(json, { max: Number, limit: Number, latencyMs: { p50: Number, p99: Number, p999: Number, max: Number } });
    t.match(json, {
      machine: { cores: Number, node: String },
      calibration: { verifyUs: Number },
      lost: 0,
      mode: 'signed',
    });
    const { max, limit, calibration, machine } = json as {
      max: number;
      limit: number;
      calibration: { verifyUs: number };
      machine: { cores: number };
    };
    t.ok(max > 0);
    t.ok(Math.abs(limit - (machine.cores * 1e6) / (4 * calibration.verifyUs)) <= 1);
    const tries = json['tries'] as Record<string, unknown>[];
    t.comment(JSON.stringify(tries));
    for (const tried of tries) {
      t.match(tried, { rate: Number, offered: Number, committed: Number, ok: Boolean });
    }
    if (json['confirmed'] === true) t.match(tries.at(-1), { rate: max, ok: true });
  });
});
