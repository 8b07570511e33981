// The peer port as a stranger meets it: real sockets, real TLS.

import { connect as connectPlain } from 'node:net';
import { connect } from 'node:tls';
import t from 'tap';
import { WebSocket } from 'ws';
import { createNodeCertificate } from '../../../net/drivers/node-certificate.ts';
import { createWsTransport } from '../../../net/drivers/ws-transport.ts';
import type { Connection, NodeId, TransportFault } from '../../../net/index.ts';
import { maxWireMessageBytes } from '../../../net/limits.ts';

const seed = (fill: number) => new Uint8Array(32).fill(fill);

async function listening(teardown: (run: () => void) => void) {
  const certificate = await createNodeCertificate(seed(1));
  const refusals: string[] = [];
  const accepted: Connection[] = [];
  const closes: string[] = [];
  const transport = createWsTransport({
    host: '127.0.0.1',
    port: 0,
    security: { mode: 'tls', certificate },
    onRefused: (reason) => void refusals.push(reason),
  });
  await new Promise<TransportFault | undefined>((resolve) =>
    transport.listen((connection) => {
      accepted.push(connection);
      return { message: () => {}, closed: (reason) => void closes.push(reason) };
    }, resolve),
  );
  teardown(() => transport.close());
  return { port: transport.port(), refusals, accepted, closes };
}

const closing = (socket: {
  once(event: 'close', run: () => void): unknown;
  on(event: 'error', run: () => void): unknown;
}) =>
  new Promise<void>((resolve) => {
    socket.on('error', () => {});
    socket.once('close', () => resolve());
  });

t.test('a caller without a certificate, or without TLS, gets nowhere', async (t) => {
  const { port, refusals, accepted } = await listening(t.teardown);
  const nameless = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  nameless.write('GET /peer/control HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await closing(nameless);
  const plain = connectPlain(port, '127.0.0.1');
  plain.write('GET /peer/control HTTP/1.1\r\n\r\n');
  await closing(plain);
  t.same([refusals, accepted], [['no-certificate', 'no-tls'], []]);
});

t.test('a caller with a certificate is who its key says; other paths and oversized messages end it', async (t) => {
  const { port, refusals, accepted, closes } = await listening(t.teardown);
  const { key, certificate: cert, nodeId } = await createNodeCertificate(seed(2));
  const dial = (path: string) =>
    new WebSocket(`wss://127.0.0.1:${port}${path}`, {
      key,
      cert,
      rejectUnauthorized: false,
      headers: { 'x-psky-node': 'f'.repeat(64) },
    });
  await closing(dial('/elsewhere'));
  t.same([refusals, accepted.length], [['bad-request'], 0]);
  for (const text of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'no HTTP at all\r\n\r\n']) {
    const strange = connect({ host: '127.0.0.1', port, key, cert, rejectUnauthorized: false });
    strange.write(text);
    strange.resume();
    await closing(strange);
  }
  t.same([refusals, accepted.length], [['bad-request', 'bad-request', 'bad-request'], 0], 'each is counted');
  const peer = dial('/peer/control');
  await new Promise((resolve) => peer.on('open', resolve));
  t.equal(accepted[0]?.peer, nodeId, 'not what its header claims');
  peer.send(new Uint8Array(maxWireMessageBytes + 1));
  await closing(peer);
  t.equal(closes.length, 1);
  const texting = dial('/peer/bulk');
  await new Promise((resolve) => texting.on('open', resolve));
  texting.send('text');
  await closing(texting);
  t.match(closes, [/./, 'text message']);
});

t.test('plain links listen on loopback only', async (t) => {
  const open = createWsTransport({
    host: '0.0.0.0',
    port: 0,
    security: { mode: 'plain', nodeId: 'a'.repeat(64) as NodeId },
  });
  const fault = await new Promise((resolve) => open.listen(() => undefined, resolve));
  t.match(fault, { code: 'refused' });
});
