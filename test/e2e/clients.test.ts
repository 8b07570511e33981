// Every kind of client against a real node: the examples of docs/clients.md and docs/api.md, a client generated from the
// OpenAPI file, and the sdk in a real browser.

import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { type Browser, chromium, type Page } from 'playwright-core';
import t from 'tap';
import { rpcMethods, subscriptionMethods } from '../../net/gateway/protocol.ts';
import { bundleForBrowsers, bundlePath } from '../../scripts/browser-bundle.ts';
import { nodePlatform } from '../../sdk/drivers/node-platform.ts';
import { lightClient, newKey, parseNetwork, type QueryResult, toBase64 } from '../../sdk/index.ts';
import { withoutTool } from '../tools.ts';
import { eventually, testDevnet } from './devnet.ts';
import { type Example, examplesOf, root } from './examples.ts';
import { judgeForgeries, labPage, readWhatLies, tryToReach, useEverything } from './in-browser.ts';

t.setTimeout(0); // the runner's budget for the file decides

/** a page server; its pages have the origin of the address by which they are asked for */
const served = new Map<string, { readonly type: string; readonly body: string | Buffer }>();
const pages = createServer((request, response) => {
  const found = served.get(request.url ?? '');
  response.writeHead(found === undefined ? 404 : 200, { 'content-type': found?.type ?? 'text/plain' });
  response.end(found?.body);
});
await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', () => resolve()));
t.teardown(() => pages.close());
const pagePort = (pages.address() as AddressInfo).port;
const listedOrigin = `http://127.0.0.1:${pagePort}`;
const foreignOrigin = `http://localhost:${pagePort}`;

process.env['PSKY_RPC_ORIGINS'] = listedOrigin;
const devnet = testDevnet(t);
await devnet.start('--validators', '1');
const rpc = devnet.rpcOf('v1');
const genesis = readFileSync(join(devnet.home, 'v1', 'config', 'genesis.json'), 'utf8');

const network = parseNetwork(genesis, [nodePlatform.suite]);
if (!network.ok) throw new Error(network.error.message);
const light = lightClient({ network: network.value, chainName: 'main', suite: nodePlatform.suite });

/** A folder inside the package, so that its name resolves, with the devnet as `.psky` and `psky` on the path. */
mkdirSync(join(root, 'dist'), { recursive: true });
const folder = mkdtempSync(join(root, 'dist', 'examples-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
symlinkSync(devnet.home, join(folder, '.psky'));
const psky = join(folder, 'psky');
writeFileSync(psky, `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'dist', 'cli', 'main.js')}' "$@"\n`);
chmodSync(psky, 0o755);

interface Ran {
  readonly failed: boolean;
  readonly output: string;
}
function run(program: string, args: readonly string[]): Promise<Ran> {
  const env = { ...process.env, PATH: `${folder}:${join(root, 'node_modules', '.bin')}:${process.env['PATH']}` };
  return new Promise((resolve) =>
    execFile(program, args, { cwd: folder, env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, output: stdout + stderr }),
    ),
  );
}

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const strict = [
  '--ignoreConfig',
  '--strict',
  '--module',
  'nodenext',
  '--target',
  'es2022',
  '--lib',
  'es2023,dom',
  '--types',
  'node',
];

async function compileAndRun(name: string, text: string): Promise<Ran> {
  writeFileSync(join(folder, `${name}.ts`), text);
  const compiled = await run(process.execPath, [tsc, ...strict, '--skipLibCheck', `${name}.ts`]);
  return compiled.failed ? compiled : run(process.execPath, [`${name}.js`]);
}

async function runExample({ language, line, text }: Example): Promise<Ran | undefined> {
  const name = `example-${line}`;
  if (language === 'bash') return run('bash', ['-euo', 'pipefail', '-c', text]);
  if (language === 'ts') return compileAndRun(name, text);
  if (language !== 'js') return undefined;
  // `privatesky/sdk` is resolved from the package that holds the example
  writeFileSync(join(root, 'dist', `${name}.mjs`), text);
  const ran = await run(process.execPath, [join(root, 'dist', `${name}.mjs`)]);
  rmSync(join(root, 'dist', `${name}.mjs`));
  return ran;
}

const withoutCurl = withoutTool('curl');

t.test('the examples of docs/clients.md do what they say', { skip: withoutCurl }, async (t) => {
  let count = 0;
  for (const example of examplesOf('docs/clients.md', rpc)) {
    const ran = await runExample(example);
    if (ran === undefined) continue;
    count++;
    t.notOk(ran.failed, `line ${example.line}: ${ran.output.slice(-2_000)}`);
    t.ok(
      ran.output.includes(example.prints ?? '?'),
      `line ${example.line} prints ${example.prints}: ${ran.output.slice(-500)}`,
    );
  }
  t.ok(count >= 9, `${count} examples ran`);
});

t.test('the examples of docs/api.md print what they say', { skip: withoutCurl }, async (t) => {
  const key = newKey(nodePlatform);
  const client = devnet.client();
  const operations = [{ kind: 'put', key: Buffer.from('k'), value: Buffer.from('v') }] as const;
  const { hash } = await client.execute(key, operations);
  const frames: string[] = [];
  let nonce = 1;
  let count = 0;
  for (const { language, line, text, prints } of examplesOf('docs/api.md', rpc)) {
    if (language === 'json') frames.push(text);
    if (language !== 'bash') continue;
    const signed = await client.sign(key, operations, ++nonce);
    const variables = `ENTRY='${toBase64(signed.entry)}' HASH=${hash} ACCOUNT=${key.account}\n`;
    const { failed, output } = await run('bash', ['-euo', 'pipefail', '-c', variables + text]);
    t.notOk(failed, `line ${line}`);
    t.ok(
      output.includes(prints ?? '?') && !output.includes('"error"'),
      `line ${line} prints ${prints}: ${output.slice(0, 300)}`,
    );
    count++;
  }
  t.equal(count, 2 * Object.keys(rpcMethods).length);
  const answers: { id: number; result?: object }[] = [];
  const socket = nodePlatform.openSocket(`${rpc.replace('http', 'ws')}/v1/ws`, {
    opened: () => frames.forEach((each) => socket.send(each)),
    message: (message) => void answers.push(JSON.parse(message)),
    closed: () => {},
  });
  await eventually(
    'every frame is answered',
    10,
    async () => answers.filter(({ id }) => id === 1).length === frames.length,
  );
  t.equal(frames.length, Object.keys(subscriptionMethods).length);
  for (const answer of answers.filter(({ id }) => id === 1)) t.ok(answer.result, JSON.stringify(answer));
  socket.close();
});

t.test('a client that a public generator makes from the OpenAPI file works', async (t) => {
  const text = await (await fetch(`${rpc}/openapi.json`)).text();
  const verdict = await new Validator().validate(JSON.parse(text));
  t.ok(verdict.valid, JSON.stringify(verdict.errors));
  writeFileSync(join(folder, 'served.json'), text);
  const made = await run('openapi-ts', ['-i', 'served.json', '-o', 'generated', '-c', '@hey-api/client-fetch']);
  t.notOk(made.failed, made.output);
  const key = newKey(nodePlatform);
  const client = devnet.client();
  const operation = { kind: 'put', key: Buffer.from('k'), value: Buffer.from('v') } as const;
  const [first, second] = [await client.sign(key, [operation], 1), await client.sign(key, [operation], 2)];
  const program = `
    import { client } from './generated/client.gen.js';
    import * as node from './generated/sdk.gen.js';
    client.setConfig({ baseUrl: ${JSON.stringify(rpc)} });
    const said: unknown[] = [];

    const waited = await node.submitAndWait({ body: { entry: '${toBase64(first.entry)}', chain: 'main' } });
    said.push(waited.response?.status, waited.data?.status, waited.data?.code);
    const accepted = await node.submit({ body: { entry: '${toBase64(second.entry)}' } });
    said.push(accepted.response?.status, accepted.data?.status);
    const refused = await node.submit({ body: { entry: 'AAAA' } });
    said.push(refused.error?.status, refused.error?.name);

    const found = await node.receipt({ path: { hash: '${first.hash}' } });
    said.push(found.data?.status === 'committed' && found.data.height === waited.data?.height);
    const lost = await node.receipt({ path: { hash: '${'ab'.repeat(32)}' } });
    said.push(lost.error?.code);

    const height: number = waited.data?.height ?? 0;
    const asked = await node.query({ path: { path: 'account' }, query: { argument: '${key.account}', prove: true, minHeight: height } });
    const blocks = await node.blocks({ query: { from: height, limit: 1 } });
    said.push(blocks.data?.blocks[0]?.height === height);
    said.push((await node.block({ path: { height } })).data?.entries === blocks.data?.blocks[0]?.entries);
    said.push((await node.validators()).data?.validators.map(({ name }) => name));
    said.push((await node.status({ query: { chain: 'bench' } })).data?.chains.map(({ application }) => application));
    said.push(((await node.checkpoint()).data?.height ?? -1) >= 0);
    said.push((await node.rpc({ body: { jsonrpc: '2.0', id: 1, method: 'validators' } })).response?.status);
    said.push((await node.livez()).data, (await node.status({ query: { chain: 'nothing' } })).error?.name);
    console.log(JSON.stringify({ said, asked: asked.data }));
  `;
  const ran = await compileAndRun('generated-client', program);
  t.notOk(ran.failed, ran.output);
  const { said, asked } = JSON.parse(ran.output) as { said: unknown[]; asked: QueryResult };
  t.strictSame(said, [
    ...[200, 'committed', 0],
    ...[202, 'accepted'],
    ...[422, 'malformed-command'],
    ...[true, 'PSKY-3018'],
    ...[true, true, ['v1'], ['blob'], true, 200, 'ok\n', 'unknown-chain'],
  ]);
  t.match(light.verifyAccount(asked, key.account), { ok: true }, 'what it got is proved');
});

const browserPath = ['chromium', 'chromium-browser', 'google-chrome'].map(pathOf).find((path) => path !== undefined);
const withoutBrowser = browserPath === undefined ? withoutTool('chromium') : false;

t.test('the sdk in a real browser', { skip: withoutBrowser }, async (t) => {
  const { inputs } = await bundleForBrowsers();
  t.strictSame(
    Object.keys(inputs).filter((path) =>
      /^node:|\/drivers\/.*node|node_modules\/(ws|sodium-native|fastify)\//.test(path),
    ),
    [],
    'nothing of Node is in the bundle',
  );
  serveFile('/sdk.js', 'text/javascript', readFileSync(bundlePath));
  serveFile('/genesis.json', 'application/json', genesis);
  serveFile('/', 'text/html', labPage);
  const example = examplesOf('docs/clients.md', rpc).find(({ language }) => language === 'html') as Example;
  serveFile('/example.html', 'text/html', example.text);
  const browser = await chromium.launch({ executablePath: browserPath as string, args: ['--no-sandbox'] });
  t.teardown(() => browser.close());

  t.test('the page of docs/clients.md shows what it says', async (t) => {
    const { tab, errors } = await openTab(browser, `${listedOrigin}/example.html`);
    await tab.waitForFunction("document.getElementById('said').textContent !== '…'", undefined, { timeout: 20_000 });
    t.equal(await tab.textContent('#said'), example.prints);
    t.strictSame(errors, []);
  });

  t.test('submits, hears of blocks, events and receipts, and verifies what it reads', async (t) => {
    const { tab, errors } = await openTab(browser, `${listedOrigin}/`);
    const said = await tab.evaluate(useEverything, rpc);
    t.match(said, {
      receipt: { status: 'committed', code: 0 },
      verified: { ok: true, text: 'from the browser', signers: ['v1'] },
      absent: { ok: true, text: null },
      block: { ok: true },
      event: true,
      streamed: { accepted: [0, 2], refused: [], final: 2, exceptions: [] },
    });
    t.strictSame(errors, []);
  });

  t.test('refuses every forged answer', async (t) => {
    const { tab } = await openTab(browser, `${listedOrigin}/`);
    t.strictSame(await tab.evaluate(judgeForgeries, rpc), {
      honest: 'believed',
      'another value': 'bad-proof',
      'no value': 'bad-proof',
      'another proof': 'bad-proof',
      'no proof': 'no-proof',
      'another height': 'height-mismatch',
      'another header': 'other-block',
      'a vote changed': 'no-quorum',
      'too old': 'too-old',
    });
    // a node, or whoever sits between, that lies in everything it answers
    await tab.route('**/rpc', async (route) => {
      const response = await route.fetch();
      const lie = (await response.text()).replace(
        /"value":"00[0-9a-f]*"/,
        `"value":"00${Buffer.from('lie').toString('hex')}"`,
      );
      await route.fulfill({ response, body: lie });
    });
    t.strictSame(await tab.evaluate(readWhatLies, rpc), { unproved: 'lie', proved: 'bad-proof' });
  });

  t.test('a page of an origin that is not listed gets nothing', async (t) => {
    const { tab } = await openTab(browser, `${foreignOrigin}/`);
    t.strictSame(await tab.evaluate(tryToReach, rpc), {
      read: 'refused',
      submit: 'refused',
      socket: 'refused',
      stream: 'refused',
    });
    const { tab: listed } = await openTab(browser, `${listedOrigin}/`);
    t.match(await listed.evaluate(tryToReach, rpc), { read: 200, submit: 400, socket: 'open', stream: 'open' });
  });
});

function serveFile(path: string, type: string, body: string | Buffer): void {
  served.set(path, { type, body });
}

function pathOf(program: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((entry) => join(entry, program))
    .find((path) => existsSync(path));
}

async function openTab(browser: Browser, url: string): Promise<{ tab: Page; errors: string[] }> {
  const tab = await browser.newPage();
  const errors: string[] = [];
  tab.on('pageerror', (error) => errors.push(error.message));
  await tab.goto(url); // done when its scripts have run
  return { tab, errors };
}
