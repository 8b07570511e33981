import t from 'tap';
import { createRealClock } from '../../actors/drivers/real-clock.ts';
import { breakableTransport } from '../../net/drivers/breakable-transport.ts';
import { createNodeCertificate } from '../../net/drivers/node-certificate.ts';
import { createWsTransport, type WsTransport, type WsTransportOptions } from '../../net/drivers/ws-transport.ts';
import { createMemoryHub, type NodeId } from '../../net/index.ts';
import { type TransportPair, type TransportUnderTest, testTransport } from './transport.ts';

const idOf = (digit: string): NodeId => digit.repeat(64) as NodeId;

testTransport(t, 'memory', async () => {
  const hub = createMemoryHub(createRealClock());
  const side = (id: NodeId, port: number): TransportUnderTest => ({
    transport: hub.transport(id, 'here', port),
    address: () => ({ nodeId: id, host: 'here', port }),
  });
  return { a: side(idOf('a'), 10), b: side(idOf('b'), 11), strangerId: idOf('c') };
});

for (const ms of [0, 5]) {
  testTransport(t, `memory, ${ms} ms longer`, async () => {
    const clock = createRealClock({ timersKeepAlive: true });
    const hub = createMemoryHub(clock);
    const side = (id: NodeId, port: number): TransportUnderTest => {
      const { transport, delay } = breakableTransport(hub.transport(id, 'here', port), clock);
      delay(ms);
      return { transport, address: () => ({ nodeId: id, host: 'here', port }) };
    };
    return { a: side(idOf('a'), 10), b: side(idOf('b'), 11), strangerId: idOf('c') };
  });
}

const overSockets = (a: WsTransportOptions['security'], b: WsTransportOptions['security']): TransportPair => {
  const side = (security: WsTransportOptions['security']): TransportUnderTest => {
    const transport: WsTransport = createWsTransport({ host: '127.0.0.1', port: 0, security });
    const nodeId = security.mode === 'tls' ? security.certificate.nodeId : security.nodeId;
    return { transport, address: () => ({ nodeId, host: '127.0.0.1', port: transport.port() }) };
  };
  return { a: side(a), b: side(b), strangerId: idOf('c') };
};

testTransport(t, 'plain WebSocket', async () =>
  overSockets({ mode: 'plain', nodeId: idOf('a') }, { mode: 'plain', nodeId: idOf('b') }),
);

testTransport(t, 'WebSocket over TLS', async () =>
  overSockets(
    { mode: 'tls', certificate: await createNodeCertificate(new Uint8Array(32).fill(1)) },
    { mode: 'tls', certificate: await createNodeCertificate(new Uint8Array(32).fill(2)) },
  ),
);
