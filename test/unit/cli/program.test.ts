import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import t from 'tap';
import { openLogFile } from '../../../cli/log-file.ts';
import { formatBytes, formatTable } from '../../../cli/output.ts';
import { buildProgram } from '../../../cli/program.ts';
import { duration } from '../../../cli/verb.ts';

const mainFile = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));

function psky(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [mainFile, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  return text;
}

/** All but the one that only the scripts of completion use. */
function visibleVerbs(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

t.test('every verb explains itself with an example that names it', async (t) => {
  const visit = (command: Command, words: string): void => {
    const help = helpOf(command);
    t.match(help, `$ psky ${words}`, words);
    for (const child of visibleVerbs(command)) visit(child, `${words} ${child.name()}`.trim());
  };
  const program = buildProgram(() => {});
  for (const command of visibleVerbs(program)) visit(command, command.name());
  const verbs = program.commands.map((command) => command.name());
  const promised = ['dev', 'init', 'testnet', 'start', 'stop', 'status', 'keys', 'tx', 'query', 'load', 'sim', 'why'];
  for (const verb of [
    ...promised,
    'logs',
    'inspect',
    'reset',
    'version',
    'show-node-id',
    'show-validator',
    'completion',
  ]) {
    t.ok(verbs.includes(verb), verb);
  }
  const children = (verb: string) => program.commands.find((each) => each.name() === verb)?.commands ?? [];
  t.same(
    children('dev').map((command) => command.name()),
    ['kill', 'revive', 'stop'],
  );
  t.same(
    children('keys').map((command) => command.name()),
    ['new', 'list', 'export', 'import'],
  );
});

t.test('verbs that read have --json', async (t) => {
  const visit = (command: Command): void => {
    if (command.commands.length === 0)
      t.ok(
        command.options.some((option) => option.long === '--json'),
        command.name(),
      );
    for (const child of visibleVerbs(command)) visit(child);
  };
  visit(buildProgram(() => {}));
});

t.test('failures are one JSON line with a code, and the exit code says which sort', async (t) => {
  const nowhere = join(t.testdir(), 'nowhere');
  const usage = psky('dev', 'kil', '--json');
  t.equal(usage.status, 2);
  t.match(JSON.parse(usage.stdout), {
    error: { code: 'PSKY-1001', name: 'bad-usage', message: String, remedy: String },
  });
  t.equal(usage.stdout.trimEnd().split('\n').length, 1);
  t.equal(usage.stderr, '');
  for (const timeout of ['9'.repeat(400), '2000m', '1h', '-1s'])
    t.equal(psky('query', 'get', 'k', '--timeout', timeout, '--json').status, 2, `a timeout of ${timeout.slice(0, 9)}`);
  const missing = psky('status', '--home', nowhere);
  t.equal(missing.status, 78);
  t.equal(missing.stdout, '');
  t.match(missing.stderr, /^PSKY-1006 .*nowhere/);
  t.notOk(existsSync(nowhere), 'looking makes nothing');
  t.match(JSON.parse(psky('version', '--json').stdout), { version: /^\d+\./ });
});

t.test('reset wants to be sure', async (t) => {
  const home = t.testdir();
  for (const folder of ['config', 'data']) mkdirSync(join(home, folder));
  writeFileSync(join(home, 'config', 'config.toml'), '[node]\nname = "n1"\n');
  const refused = psky('reset', '--home', home, '--json');
  t.not(refused.status, 0);
  t.ok(existsSync(join(home, 'data')));
});

t.test('a reader that goes away ends what only tells, without a word', async (t) => {
  const home = t.testdir({ 'devnet.json': '{"format":1,"network":"devnet","validators":["v1"]}', v1: { logs: {} } });
  const log = join(home, 'v1', 'logs', 'node.log');
  const writer = `while :; do echo '{"msg":"line"}' >> '${log}'; sleep 0.1; done & `;
  const reader = `{ '${process.execPath}' '${mainFile}' logs --follow --home '${home}'; echo "ended with $?" >&2; } | head -n 1; `;
  const { stdout, stderr } = spawnSync('sh', ['-c', `${writer}${reader}kill $!`], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  t.match(stdout, 'line');
  t.equal(stderr, 'ended with 0\n');
});

t.test('logs rotate by size and keep four old files', async (t) => {
  const path = join(t.testdir(), 'logs', 'node.log');
  const log = openLogFile(path);
  const line = `${'x'.repeat(1 << 20)}\n`;
  for (let i = 0; i < 100; i++) log.write(line);
  log.close();
  t.ok(existsSync(path));
  t.ok(existsSync(`${path}.4`));
  t.notOk(existsSync(`${path}.5`));
});

t.test('people read tables, sizes and durations', async (t) => {
  t.equal(
    formatTable([
      ['a', 'bb'],
      ['ccc', 'd'],
    ]),
    'a    bb\nccc  d',
  );
  t.equal(formatBytes(3.25 * 1024 * 1024), '3.3 MiB');
  t.strictSame(['500ms', '2', '1.5s', '2m'].map(duration), [500, 2000, 1500, 120_000]);
  t.throws(() => duration('soon'));
});
