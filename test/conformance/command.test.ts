// Golden bytes of the ledger's formats. A change here is a change of the protocol: it needs a new version number.

import t from 'tap';
import { accountOf, signCommand } from '../../ledger/commands/index.ts';
import { encodeProof } from '../../ledger/proof/state-proof.ts';
import { encodeReceipt } from '../../ledger/receipt.ts';
import { encodeAccount, newAccount, useNonce } from '../../ledger/state/account.ts';
import { emptyHash } from '../../ledger/state/tree-hash.ts';
import { fromUtf8, toHex } from '../../lib/bytes.ts';
import { sha256Hex } from '../../lib/hash.ts';
import { nobleSuite } from '../../lib/suites/noble.ts';

const keys = nobleSuite.keyPairOf(new Uint8Array(32).fill(7));
const chain = sha256Hex(fromUtf8('golden chain'));

t.test('command', (t) => {
  const signed = signCommand(
    {
      chain,
      account: null,
      nonce: 1,
      expiryMs: 1_700_000_000_000,
      after: null,
      atomic: true,
      operations: [
        { kind: 'put', key: fromUtf8('greeting'), value: fromUtf8('hello') },
        { kind: 'delete', key: fromUtf8('old') },
        { kind: 'compare-and-set', key: fromUtf8('n'), expected: null, value: fromUtf8('1') },
      ],
    },
    nobleSuite,
    keys,
  );
  t.equal(accountOf(1, keys.publicKey), '8621c18a08a2220c10dbee24135d70b7455fc5ab7118ea3b2537d17094b29907');
  t.equal(signed.hash, '88fec0504fb955b8d7c55ce8f46bd21a9cf93b4105109e3f2f92ac873614efae');
  t.equal(
    toHex(signed.entry),
    '9b01c420200d68b2627ce94f8e2d9ffc74de3c8922d6e9e500397d0aa226f310388503a1c001d30000018bcfe56800c0c393' +
      '9301c4086772656574696e67c40568656c6c6f9202c4036f6c649403c4016ec0c4013101c420ea4a6c63e29c520abef5507b' +
      '132ec5f9954776aebebe7b92421eea691446d22cc4402df35f16252b24d45b27d4fcc380aebcc60f194e0396e8ba992111c7' +
      'ec72509ddc6559f75da623e2e1ebf97dc881228bbed129c61dd070af8f0f6e1d82f0110a',
  );
  t.end();
});

t.test('account, receipt, proof', (t) => {
  const account = newAccount({ suite: 1, key: keys.publicKey });
  useNonce(account, 3);
  useNonce(account, 1);
  account.usedBytes = 12;
  t.equal(sha256Hex(encodeAccount(account)), '871e8fda80f2a453a9c53976ab06659134d698857ee05069079cc8d256bd7a44');
  const receipt = {
    hash: chain,
    height: 5,
    index: 2,
    code: 2031,
    failures: [{ operation: 1, code: 2023 }],
    events: [{ topic: 'put', data: fromUtf8('a') }],
  };
  t.equal(sha256Hex(encodeReceipt(receipt)), 'a53e968adb9c9fbab39c2830a79681d814fece16e431694137b0d6d165201bf7');
  const other = { path: new Uint8Array(32).fill(1), valueHash: new Uint8Array(32).fill(2) };
  const siblings = [new Uint8Array(32).fill(3), emptyHash, new Uint8Array(32).fill(4)];
  t.equal(
    sha256Hex(encodeProof({ siblings, other })),
    'd40ea2f147cf6e8e6fbbfd39bd7115e34a313d78ddeb3eb970a2c77449fbb3bc',
  );
  t.end();
});
