import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { psky, pskyJson, shortFolder, startPsky } from './psky.ts';

interface Failure {
  readonly error: { readonly name: string };
}

t.setTimeout(0); // the runner's budget for the file decides

t.test('one node is started, looked into, refused a second time, drained and started again', async (t) => {
  const folder = join(shortFolder(t), 'net');
  const made = await psky('testnet', '--validators', '1', '--ports', 'auto', '--home', folder);
  t.equal(made.status, 0, made.stderr);
  const home = join(folder, 'v1');

  const node = startPsky('start', '--home', home);
  t.teardown(() => void node.child.kill('SIGKILL'));
  t.match(await node.line(/^ready /), /^ready rpc=http:\/\/127\.0\.0\.1:\d+$/);
  t.equal(statSync(join(home, 'admin.sock')).mode & 0o777, 0o600);

  const second = await psky('start', '--home', home, '--json');
  t.equal(second.status, 1);
  t.equal((JSON.parse(second.stdout) as Failure).error.name, 'home-in-use');

  const report = await pskyJson<{ actors: { kind: string; restarts: number }[] }>('inspect', 'actors', '--home', home);
  for (const kind of ['shard', 'validator', 'engine'])
    t.ok(
      report.actors.some((actor) => actor.kind === kind),
      kind,
    );
  t.equal(
    report.actors.reduce((sum, actor) => sum + actor.restarts, 0),
    0,
  );
  const events = await psky('inspect', 'events', '--home', home, '--json');
  t.match(JSON.parse(events.stdout.split('\n', 1)[0] ?? ''), {
    seq: Number,
    machine: String,
    from: String,
    to: String,
  });

  const running = readFileSync(join(home, 'run', 'node.json'), 'utf8');
  const { metrics } = JSON.parse(running) as { readonly metrics: string };
  const shown = [
    ['inspect actors', JSON.stringify(report)],
    ['inspect events', events.stdout],
    ['status', (await psky('status', '--home', home, '--json')).stdout],
    ['show-validator', (await psky('show-validator', '--home', home, '--json')).stdout],
    ['run/node.json', running],
    ['metrics', await (await fetch(metrics)).text()],
  ] as const;

  node.child.kill('SIGTERM');
  const end = await node.ended;
  t.equal(end.status, 0);
  t.match(end.stdout, /^drained$/m);
  t.notOk(existsSync(join(home, 'run', 'node.json')));
  const log = readFileSync(join(home, 'logs', 'node.log'), 'utf8');
  const secrets = secretsOf(home);
  t.equal(secrets.length, 3);
  for (const [where, text] of [...shown, ['the log', log], ['stdout', end.stdout], ['stderr', end.stderr]] as const) {
    if (where !== 'stderr') t.ok(text.length > 20, `${where} says something`);
    const leaked = secrets.filter((secret) => secret.forms.some((form) => text.includes(form)));
    t.same(
      leaked.map(({ name }) => name),
      [],
      `no secret in ${where}`,
    );
  }

  const again = await pskyJson<{ ready: boolean; pid: number }>('start', '--detach', '--home', home);
  t.equal(again.ready, true);
  const stopped = await psky('stop', '--home', home);
  t.equal(stopped.status, 0);
  t.ok(stopped.seconds < 10);
  t.throws(() => process.kill(again.pid, 0), 'no process is left');
});

/** Every secret of a home, as text may show it. */
function secretsOf(home: string): readonly { readonly name: string; readonly forms: readonly string[] }[] {
  return ['node_key.json', 'validator_key.json'].flatMap((file) => {
    const fields = JSON.parse(readFileSync(join(home, 'config', file), 'utf8')) as Record<string, string>;
    return ['seed', 'encryptionSecret']
      .filter((field) => fields[field] !== undefined)
      .map((field) => {
        const bytes = Buffer.from(fields[field] as string, 'hex');
        const forms = [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url'), bytes.join(',')];
        return { name: `${file} ${field}`, forms };
      });
  });
}

t.test('a home that cannot be used ends with its code', async (t) => {
  const folder = join(shortFolder(t), 'net');
  await psky('testnet', '--validators', '2', '--ports', 'auto', '--home', folder);
  const v1 = join(folder, 'v1');
  const node = startPsky('start', '--home', v1);
  t.teardown(() => void node.child.kill('SIGKILL'));
  await node.line(/^ready /);
  const port = /port = (\d+)/.exec(readFileSync(join(v1, 'config', 'config.toml'), 'utf8'))?.[1] ?? '';
  process.env['PSKY_PEER_PORT'] = port;
  const taken = await psky('start', '--home', join(folder, 'v2'), '--json');
  delete process.env['PSKY_PEER_PORT'];
  t.equal((JSON.parse(taken.stdout) as Failure).error.name, 'address-in-use');
  t.match(taken.stdout, port, 'the port is named');
  process.env['PSKY_RPC_HOST'] = '0.0.0.0';
  const open = await psky('start', '--home', join(folder, 'v2'), '--json');
  delete process.env['PSKY_RPC_HOST'];
  t.equal(open.status, 78);
  node.child.kill('SIGINT');
  t.equal((await node.ended).status, 0, 'Ctrl-C drains too');
});
