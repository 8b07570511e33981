// What the tests of the sdk do inside a page. Each function is sent to the browser as text: it may use what `labPage` put
// there, and nothing of this file.

import type * as Sdk from '../../sdk/drivers/browser.ts';

interface Lab {
  readonly sdk: typeof Sdk;
  /** a client of the main chain that trusts the genesis which came with the page, and a key */
  connect(rpc: string): Promise<{ client: Sdk.Client; light: Sdk.LightClient; key: Sdk.WalletKey }>;
}

export const labPage = `<!doctype html><title>lab</title>
<script type="module">
  import * as sdk from './sdk.js';
  const { Client, lightClient, newKey, parseNetwork, platform } = sdk;
  globalThis.lab = {
    sdk,
    async connect(rpc) {
      const network = parseNetwork(await (await fetch('./genesis.json')).text(), [platform.suite]);
      const light = lightClient({ network: network.value, chainName: 'main', suite: platform.suite });
      const client = new Client({ endpoints: [rpc], platform, chain: 'main', light });
      return { client, light, key: newKey(platform) };
    },
  };
</script>`;

export async function useEverything(rpc: string): Promise<object> {
  const { lab } = globalThis as unknown as { readonly lab: Lab };
  const { fromUtf8, toUtf8 } = lab.sdk;
  const { client, key } = await lab.connect(rpc);
  const put = (name: string, value: string) => ({ kind: 'put' as const, key: fromUtf8(name), value: fromUtf8(value) });

  const blocks = client.subscribe('blocks', { cursor: '0' });
  const { data: block } = (await blocks.next()).value;
  const receipt = await client.execute(key, [put('name', 'from the browser')]);
  const text = (value: Uint8Array | undefined) => (value === undefined ? null : toUtf8(value));
  const read = async (name: string) => {
    const answer = await client.getVerified(key.account, fromUtf8(name), { minHeight: receipt.height ?? 0 });
    return answer.ok ? { ok: true, text: text(answer.value.value), signers: answer.value.signers } : answer;
  };

  let event = false;
  for await (const { data } of client.subscribe('events', { cursor: '0' })) {
    event = data.events.some(({ hash }) => hash === receipt.hash);
    if (event || data.height > (receipt.height ?? 0)) break;
  }
  const entries = [await client.sign(key, [put('a', '1')], 2), await client.sign(key, [put('b', '2')], 3)];
  const streamed = await new Promise<object>((resolve, reject) => {
    let answered: { accepted: readonly number[]; refused: readonly number[] } | undefined;
    let final = 0;
    const exceptions: number[] = [];
    const stream = new lab.sdk.StreamClient(
      { url: `${rpc.replace('http', 'ws')}/v1/stream`, chain: 'main' },
      {
        opened: () => stream.submit(lab.sdk.encodeSubmit(1, entries)),
        answer: ({ accepted, refused }) => void (answered = { accepted, refused }),
        notice(notice) {
          for (let i = 2; i < notice.ranges.length; i += 3) final += notice.ranges[i] ?? 0;
          exceptions.push(...notice.exceptions);
          if (final < entries.length) return;
          resolve({ ...answered, final, exceptions });
          stream.close('done');
        },
        fault: ({ detail }) => reject(new Error(detail)),
        credit: () => {},
        closed: (reason) => reject(new Error(reason)),
      },
      lab.sdk.openStreamSocket,
    );
  });
  return {
    receipt,
    verified: await read('name'),
    absent: await read('nothing'),
    block: { ok: block.height === 1 },
    event,
    streamed,
  };
}

/** @returns for each lie what the light client says of it */
export async function judgeForgeries(rpc: string): Promise<object> {
  const { lab } = globalThis as unknown as { readonly lab: Lab };
  const { fromHex, fromUtf8, toHex } = lab.sdk;
  const { client, light, key } = await lab.connect(rpc);
  const name = fromUtf8('name');
  const ask = async () => {
    const receipt = await client.execute(key, [{ kind: 'put', key: name, value: fromUtf8('value') }]);
    const argument = fromHex(`${key.account}${toHex(name)}`) as Uint8Array;
    return client.query('value', argument, { prove: true, minHeight: receipt.height ?? 0 });
  };
  const earlier = await ask();
  const honest = await ask();
  /** another digit in the middle of a hex string */
  const bent = (hex: string | null, at: number) => {
    const text = hex ?? '';
    const place = Math.floor(text.length * at);
    return text.slice(0, place) + (text[place] === '0' ? '1' : '0') + text.slice(place + 1);
  };
  const judge = (lie: Partial<typeof honest>, minHeight = 0) => {
    const verdict = light.verifyValue({ ...honest, ...lie }, key.account, name, minHeight);
    return verdict.ok ? 'believed' : verdict.error;
  };
  return {
    honest: judge({}),
    'another value': judge({ value: bent(honest.value, 0.9) }),
    'no value': judge({ value: null }),
    'another proof': judge({ proof: bent(honest.proof, 0.9) }),
    'no proof': judge({ proof: null }),
    'another height': judge({ height: honest.height + 1 }),
    'another header': judge({ header: earlier.header }),
    'a vote changed': judge({ certificate: bent(honest.certificate, 0.8) }),
    'too old': judge({}, honest.height + 1),
  };
}

/** Reads through a connection that changes every value on its way. */
export async function readWhatLies(rpc: string): Promise<object> {
  const { lab } = globalThis as unknown as { readonly lab: Lab };
  const { fromUtf8, toUtf8 } = lab.sdk;
  const { client, light, key } = await lab.connect(rpc);
  const name = fromUtf8('name');
  const signed = await client.sign(key, [{ kind: 'put', key: name, value: fromUtf8('truth') }], 1);
  const { height } = await client.submitAndWait(signed);
  const unproved = await client.get(key.account, name, { minHeight: height ?? 0 });
  const proved = await client.getVerified(key.account, name, { minHeight: height ?? 0 });
  return {
    unproved: unproved === undefined ? null : toUtf8(unproved),
    proved: proved.ok ? 'believed' : proved.error,
  };
}

/** What a page can reach, by every way that a page has. */
export async function tryToReach(rpc: string): Promise<object> {
  const status = (request: Promise<Response>): Promise<number | string> =>
    request.then(
      (response) => response.status,
      () => 'refused',
    );
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
  const { WebSocket } = globalThis as unknown as {
    readonly WebSocket: new (
      url: string,
    ) => { onopen: (() => void) | null; onerror: (() => void) | null; close(): void };
  };
  const dial = (path: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${rpc.replace('http', 'ws')}${path}`);
      socket.onerror = () => resolve('refused');
      socket.onopen = () => {
        resolve('open');
        socket.close();
      };
    });
  return {
    read: await status(fetch(`${rpc}/v1/status`)),
    submit: await status(fetch(`${rpc}/v1/commands`, post)),
    socket: await dial('/v1/ws'),
    stream: await dial('/v1/stream'),
  };
}
