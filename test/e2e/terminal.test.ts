import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { withoutTool } from '../tools.ts';
import { type TestDevnet, testDevnet } from './devnet.ts';
import { shortFolder } from './psky.ts';
import { openTerminal, type Terminal, type TerminalOptions } from './terminal.ts';

const mainFile = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

t.setTimeout(0); // the runner's budget for the file decides

type Test = Parameters<typeof openTerminal>[0];

/** A folder with `psky` in it, and the environment in which a shell finds it. */
function installed(test: Test, home: string): { folder: string; environment: Record<string, string> } {
  const folder = shortFolder(test);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'psky'), `#!/bin/sh\nexec '${process.execPath}' '${mainFile}' "$@"\n`);
  chmodSync(join(bin, 'psky'), 0o755);
  const PATH = `${bin}${delimiter}${process.env['PATH']}`;
  return { folder, environment: { PATH, PSKY_HOME: home, HOME: folder, TERM: 'xterm-256color', PS1: 'ready> ' } };
}

/** Tab until the line is so: a first one may come before the shell has read its startup. */
async function completes(terminal: Terminal, line: string, wanted: RegExp): Promise<void> {
  terminal.press('C-u');
  terminal.type(line);
  terminal.press('Tab');
  await terminal.until(wanted);
}

async function shellCompletes(test: Test, options: TerminalOptions, load: string): Promise<void> {
  const terminal = openTerminal(test, options);
  await terminal.until(/ready> $|ready>\s*$/m);
  terminal.type(`${load}; clear; echo loaded`);
  terminal.press('Enter');
  await terminal.until(/^loaded/m);
  await completes(terminal, 'psky compl', /psky completion$/m);
  await completes(terminal, 'psky dev ki', /psky dev kill$/m);
  await completes(terminal, 'psky status --no', /psky status --node$/m);
  await completes(terminal, 'psky dev --ports a', /psky dev --ports auto/);
  await completes(terminal, 'psky init --genesis gene', /psky init --genesis genesis-of-test\.json/);
  // four members: the first Tab completes what they share, a second one lists them
  await completes(terminal, 'psky dev kill ', /psky dev kill v/);
  terminal.press('Tab', 'Tab');
  await terminal.until(/\bv1\b.*\bv2\b.*\bv3\b.*\bv4\b/s);
}

/** Homes that no process uses: completion reads names only. */
function emptyDevnet(test: Test): string {
  const folder = shortFolder(test);
  writeFileSync(join(folder, 'devnet.json'), '{"format":1,"network":"devnet","validators":["v1","v2","v3","v4"]}');
  return folder;
}

const without = (...tools: readonly string[]): string | false =>
  tools.map(withoutTool).find((reason) => reason !== false) ?? false;

t.test('bash completes a line at Tab', { skip: without('tmux', 'bash') }, async (t) => {
  const { folder, environment } = installed(t, emptyDevnet(t));
  writeFileSync(join(folder, 'genesis-of-test.json'), '{}');
  const command = ['bash', '--norc', '--noprofile'];
  await shellCompletes(t, { command, environment }, `cd ${folder}; source <(psky completion bash)`);
});

t.test('zsh completes a line at Tab', { skip: without('tmux', 'zsh') }, async (t) => {
  const { folder, environment } = installed(t, emptyDevnet(t));
  writeFileSync(join(folder, 'genesis-of-test.json'), '{}');
  const load = `cd ${folder}; autoload -U compinit; compinit -u; source <(psky completion zsh)`;
  await shellCompletes(t, { command: ['zsh', '-f'], environment }, load);
});

t.test('fish completes a line', { skip: without('fish') }, async (t) => {
  const { folder, environment } = installed(t, emptyDevnet(t));
  writeFileSync(join(folder, 'genesis-of-test.json'), '{}');
  const ask = (line: string): string => {
    const script = `cd ${folder}; psky completion fish | source; complete -C '${line}'`;
    return execFileSync('fish', ['--no-config', '-c', script], { env: environment, encoding: 'utf8' });
  };
  t.match(ask('psky dev ki'), /^kill\tend a member/m);
  t.match(ask('psky dev kill '), /^v1\nv2\nv3\nv4$/m);
  t.match(ask('psky status --no'), /^--node\t/m);
  t.match(ask('psky init --genesis gene'), /^genesis-of-test\.json/m);
});

t.test(
  'a page of help fits a terminal, and is bold only where there are colours',
  { skip: without('tmux') },
  async (t) => {
    const { environment } = installed(t, emptyDevnet(t));
    const open = (more: object) =>
      openTerminal(t, { command: ['sh'], rows: 60, environment: { ...environment, PS1: '', ...more } });
    const coloured = open({});
    coloured.type('psky dev kill --help');
    coloured.press('Enter');
    const page = await coloured.until(/SEE ALSO\n.*psky dev revive/);
    t.match(page, /NAME\n {2}psky dev kill – end a member/);
    t.match(coloured.screen(true), /\u001b\[1mNAME/);
    const plain = open({ NO_COLOR: '1' });
    plain.type('psky dev kill --help');
    plain.press('Enter');
    await plain.until(/SEE ALSO\n.*psky dev revive/);
    t.notMatch(plain.screen(true), '\u001b[1m');
  },
);

t.test('a question that is left without an answer is answered with no', { skip: without('tmux') }, async (t) => {
  const home = emptyDevnet(t);
  const { environment } = installed(t, home);
  for (const [verb, question, code] of [
    ['reset', /Go on\? \[y\/N\]/, 'PSKY-1011'],
    ['keys new alice', /New passphrase:/, 'PSKY-1019'],
  ] as const)
    for (const key of ['C-d', 'C-c']) {
      const command = ['sh', '-c', `psky ${verb}; echo "ended with $?"; sleep 60`];
      const terminal = openTerminal(t, { command, environment });
      await terminal.until(question);
      terminal.press(key);
      t.match(
        await terminal.until(/^ended with \d+/m),
        new RegExp(`^${code} [^]*^ended with 2$`, 'm'),
        `${verb}, ${key}`,
      );
    }
  t.ok(existsSync(join(home, 'devnet.json')), 'nothing was removed');
});

t.test('status and logs on a terminal', { skip: without('tmux') }, async (t) => {
  const devnet: TestDevnet = testDevnet(t);
  await devnet.start('--validators', '1');
  const { environment } = installed(t, devnet.home);
  const open = (command: string, more: object = {}) =>
    openTerminal(t, { command: ['sh', '-c', command], environment: { ...environment, ...more } });

  await t.test('status is coloured, fits, and is drawn anew while it is watched', async (t) => {
    const terminal = open('psky status --watch 200ms; echo ended with $?; sleep 60');
    const before = await terminal.until(/^v1 +leader +idle +(\d+) +0 /m);
    t.match(terminal.screen(true), /\u001b\[32m●/);
    t.match(before, /^member +role +state +height +lag +term +disk +restarts +up +rpc$/m);
    const height = Number(/^v1 +leader +idle +(\d+)/m.exec(before)?.[1]);
    t.equal((await devnet.run('tx', 'put', 'a', 'b')).status, 0);
    const more = await terminal.until(new RegExp(`^v1 +leader +\\w+ +(${height + 1}|${height + 2}) `, 'm'));
    t.equal(more.match(/^member /gm)?.length, 1, 'in place of the picture before');
    terminal.press('C-c');
  });

  await t.test('NO_COLOR is honoured', async (t) => {
    const terminal = open('psky status; psky logs --lines 2; echo done; sleep 60', { NO_COLOR: '1' });
    await terminal.until(/^done$/m);
    t.notMatch(terminal.screen(true), /\u001b\[/);
    t.match(terminal.screen(), /^\d\d:\d\d:\d\d\.\d{3} info /m);
  });

  await t.test('logs are followed across a rotation, filtered, and in colours', async (t) => {
    const log = join(devnet.home, 'v1', 'logs', 'node.log');
    const terminal = open('psky logs --follow --lines 1 --level warn --module net');
    const say = (msg: string, fields: object = {}): void => {
      const line = { level: 'warn', ts: new Date().toISOString(), node: 'v1', module: 'net', msg, ...fields };
      appendFileSync(log, `${JSON.stringify(line)}\n`);
    };
    say('first words');
    await terminal.until(/first words/);
    say('last words of the file');
    renameSync(log, `${log}.1`);
    say('unwanted', { level: 'info' });
    say('unwanted', { module: 'shard' });
    say('words of the next file', { peer: devnet.report?.validators[0]?.id });
    const shown = await terminal.until(/words of the next file peer=v1/);
    t.match(shown, /first words\n.*last words of the file\n.*words of the next file/);
    t.notMatch(shown, /unwanted/);
    t.match(terminal.screen(true), /\u001b\[33mwarn/);
    const json = await devnet.run('logs', '--json', '--lines', '2', '--level', 'warn', '--module', 'net');
    t.same(
      json.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { msg: string }).msg),
      ['last words of the file', 'words of the next file'],
    );
  });

  t.equal((await devnet.run('dev', 'stop')).status, 0);
});
