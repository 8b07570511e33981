// Breaks a running node of a devnet on purpose, with the token of its run (cli/dev/breaking.ts).

import { readFileSync } from 'node:fs';
import { filesOf } from '../../cli/home/home.ts';
import { connectAdmin } from '../../net/drivers/admin-client.ts';

/** @param params what is not named is sound again */
export async function breakNode(home: string, params: Readonly<Record<string, number | string>>): Promise<void> {
  const admin = await connectAdmin(home);
  const token = readFileSync(filesOf(home).devToken, 'utf8');
  await admin.call('break', { token, ...params }).finally(() => admin.close());
}
