import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ensureDevAccount, keyPath, listKeys, saveKeyText, storedKey } from '../../../cli/accounts.ts';
import type { DevnetHome } from '../../../cli/home/home.ts';
import { nodePlatform } from '../../../sdk/drivers/node-platform.ts';
import { newKey, plainDevKey } from '../../../sdk/index.ts';

function devnet(path: string): DevnetHome {
  const accountsFolder = join(path, 'keys');
  return { kind: 'devnet', path, members: new Map(), accountsFolder, supervisorFile: join(path, 'lock.json') };
}

t.test('keys are listed by name, and files that give none are listed too', (t) => {
  const home = devnet(t.testdir());
  t.same(listKeys(home), { keys: [], unusable: [] }, 'no folder yet');
  for (const name of ['bob', 'alice']) saveKeyText(home, name, plainDevKey(newKey(nodePlatform)));
  writeFileSync(join(home.accountsFolder, 'torn.json'), '{"format":1');
  mkdirSync(join(home.accountsFolder, 'folder.json'));
  writeFileSync(join(home.accountsFolder, 'note.txt'), '');
  const { keys, unusable } = listKeys(home);
  t.same(
    keys.map(({ name }) => name),
    ['alice', 'bob'],
  );
  t.same(unusable, [
    { name: 'folder', reason: 'file-unusable' },
    { name: 'torn', reason: 'not-a-key-file' },
  ]);
  t.equal(storedKey(home, 'bob').name, 'bob', 'the others are as good as before');
  t.throws(() => storedKey(home, 'torn'), /torn\.json: not-a-key-file/);
  t.throws(() => storedKey(home, 'carol'), /carol; there are: alice, bob/);
  t.end();
});

t.test('the account of a devnet is made once, and never over a file that cannot be read', (t) => {
  const home = devnet(t.testdir());
  ensureDevAccount(home);
  const { account } = storedKey(home, 'dev');
  ensureDevAccount(home);
  t.equal(storedKey(home, 'dev').account, account);
  writeFileSync(keyPath(home, 'dev'), 'torn');
  chmodSync(keyPath(home, 'dev'), 0o600);
  ensureDevAccount(home);
  t.same(listKeys(home).unusable, [{ name: 'dev', reason: 'not-a-key-file' }]);
  t.end();
});
