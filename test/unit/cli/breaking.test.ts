// The admin verb that breaks a node on purpose: with the token of this run, and in known ways only.

import { readFileSync, statSync } from 'node:fs';
import t from 'tap';
import { registerBreaking } from '../../../cli/dev/breaking.ts';
import type { Breakage } from '../../../drivers.ts';
import { connectAdmin } from '../../../net/drivers/admin-client.ts';
import { createAdminServer } from '../../../net/drivers/admin-server.ts';
import { shortFolder } from '../../e2e/psky.ts';

t.test('breaking takes the token, and refuses what it does not know', async (t) => {
  const home = shortFolder(t);
  const file = `${home}/dev-token`;
  const applied: Breakage[] = [];
  const server = createAdminServer();
  registerBreaking(server, file, (breakage) => applied.push(breakage));
  await new Promise<void>((resolve) => server.listen(home, () => resolve()));
  t.teardown(() => server.close(() => {}));
  const admin = await connectAdmin(home);
  t.teardown(() => admin.close());
  const token = readFileSync(file, 'utf8');
  t.equal(statSync(file).mode & 0o777, 0o600);

  const refused = async (params: Readonly<Record<string, unknown>>, name: string, text: RegExp) =>
    t.match(await admin.call('break', params).catch((error) => error), { error: { name, message: text } });
  await refused({ delayMs: 5 }, 'not-a-devnet', /token/);
  await refused({ token: token.replace(/./g, '0'), delayMs: 5 }, 'not-a-devnet', /token/);
  await refused({ token, delayMs: -1 }, 'bad-request', /delayMs/);
  await refused({ token, failure: 'odd' }, 'bad-request', /failure/);
  await refused({ token, tornPercent: 101 }, 'bad-request', /tornPercent/);
  await refused({ token, clockOffsetMs: 1e12 }, 'bad-request', /clockOffsetMs/);
  await refused({ token, linkDelayMs: 60_001 }, 'bad-request', /linkDelayMs/);
  await refused({ token, unknown: 1 }, 'bad-request', /unknown/);
  t.same(applied, [], 'nothing was changed');

  await admin.call('break', {
    token,
    delayMs: 5,
    failure: 'torn',
    tornPercent: 40,
    clockOffsetMs: -500,
    linkDelayMs: 50,
  });
  await admin.call('break', { token });
  t.same(applied, [
    { disk: { delayMs: 5, failure: 'torn', tornShare: 0.4, freeBytes: null }, clockOffsetMs: -500, linkDelayMs: 50 },
    { disk: { delayMs: 0, failure: 'none', tornShare: 0, freeBytes: null }, clockOffsetMs: 0, linkDelayMs: 0 },
  ]);
});
