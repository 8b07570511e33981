import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createNodeCertificate } from '../../net/drivers/node-certificate.ts';
import { withoutTool } from '../tools.ts';

function openssl(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

t.test('another implementation reads and verifies our certificates', { skip: withoutTool('openssl') }, async (t) => {
  const { certificate, key, nodeId } = await createNodeCertificate(new Uint8Array(32).fill(7));
  const folder = t.testdir();
  const path = join(folder, 'node.pem');
  writeFileSync(path, certificate);
  t.match(openssl('verify', '-CAfile', path, '-check_ss_sig', path), { status: 0, text: /OK/ });
  const shown = openssl('x509', '-in', path, '-noout', '-text').text;
  t.match(shown, /Public Key Algorithm: ED25519/i);
  const digits = /pub:\s*([0-9a-f:\s]+)/.exec(shown)?.[1]?.replace(/[^0-9a-f]/g, '');
  t.equal(digits, nodeId, 'the key in it is the node id');
  const keyPath = join(folder, 'key.pem');
  writeFileSync(keyPath, key);
  t.equal(
    openssl('pkey', '-in', keyPath, '-pubout').text,
    openssl('x509', '-in', path, '-noout', '-pubkey').text,
    'the private key is that of the certificate',
  );
});
