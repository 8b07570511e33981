// A page in a real browser, driven over the DevTools protocol: headless Chromium in a profile of its own.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

export interface Page {
  /** the value of an expression in the page, by JSON */
  evaluate<T>(expression: string): Promise<T>;
  command(method: string, params?: object): Promise<unknown>;
  /** what the page asked the network for, and what the console and the policy complained about */
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
}

/** @param url of the page; `use` runs once it has loaded */
export async function withPage(url: string, use: (page: Page) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'psky-chromium-'));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--remote-debugging-port=0',
    `--user-data-dir=${folder}`,
  ];
  const browser = spawn('chromium', [...flags, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise<void>((resolve) => browser.once('close', () => resolve()));
  try {
    const browserUrl = await new Promise<string>((resolve, reject) => {
      let said = '';
      browser.stderr.setEncoding('utf8').on('data', (part: string) => {
        said += part;
        const [, found] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
        if (found !== undefined) resolve(found);
      });
      browser.once('error', reject).once('close', () => reject(new Error(`chromium ended:\n${said}`)));
    });
    const { host } = new URL(browserUrl);
    const targets = (await (await fetch(`http://${host}/json/list`)).json()) as {
      type: string;
      webSocketDebuggerUrl: string;
    }[];
    const target = targets.find(({ type }) => type === 'page');
    if (target === undefined) throw new Error('chromium shows no page');
    const page = await attach(target.webSocketDebuggerUrl);
    await page.command('Page.navigate', { url });
    while (!(await page.evaluate<boolean>(`document.readyState === 'complete' && location.href !== 'about:blank'`)))
      await delay(50);
    await use(page);
    page.end();
  } finally {
    browser.kill();
    await gone;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function attach(url: string): Promise<Page & { end(): void }> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const requests: string[] = [];
  const complaints: string[] = [];
  let lastId = 0;
  socket.on('message', (data) => {
    const { id, result, error, method, params } = JSON.parse(String(data));
    if (method === 'Network.requestWillBeSent') requests.push(params.request.url);
    if (method === 'Log.entryAdded') complaints.push(params.entry.text);
    if (method === 'Runtime.exceptionThrown') complaints.push(params.exceptionDetails.text);
    if (error !== undefined) waiting.get(id)?.reject(new Error(error.message));
    else waiting.get(id)?.resolve(result);
    waiting.delete(id);
  });
  const command = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.set(++lastId, { resolve, reject });
      socket.send(JSON.stringify({ id: lastId, method, params }));
    });
  for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await command(`${domain}.enable`);
  return {
    command,
    requests,
    complaints,
    async evaluate<T>(expression: string): Promise<T> {
      const answer = (await command('Runtime.evaluate', { expression, returnByValue: true })) as {
        result: { value: T };
        exceptionDetails?: { text: string };
      };
      if (answer.exceptionDetails !== undefined) throw new Error(answer.exceptionDetails.text);
      return answer.result.value;
    },
    end: () => socket.terminate(),
  };
}
