// A validator's link in the hands of a test: the real key, the real transport and greeting, and whatever the test writes
// on it. Its validator's own process must be down.

import { createRealClock } from '../../actors/drivers/real-clock.ts';
import { address, createActorSystem, createNoteSink } from '../../actors/index.ts';
import { loadConfig, type NodeHome } from '../../cli/home/home.ts';
import { loadNodeKey } from '../../cli/home/key-files.ts';
import type { PeerMessage } from '../../consensus/core/index.ts';
import { chainGenesis, type NetworkGenesis } from '../../consensus/genesis/index.ts';
import { encodeMessage } from '../../consensus/wire.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { silentLog } from '../../lib/log.ts';
import { createMetrics } from '../../lib/metrics.ts';
import { seededRandom } from '../../lib/random.ts';
import { createNodeCertificate } from '../../net/drivers/node-certificate.ts';
import { createWsTransport } from '../../net/drivers/ws-transport.ts';
import { createLinks, type LinkMessage, type LinksHandle, type NodeId } from '../../net/index.ts';
import { eventually } from './devnet.ts';

export class HostilePeer {
  readonly #links: LinksHandle;
  readonly #chain: string;
  /** frames that the victim sent, newest last; the first thousand of a link are kept */
  readonly heard: Bytes[] = [];
  #victim: NodeId;

  private constructor(links: LinksHandle, chain: string, victim: NodeId) {
    this.#links = links;
    this.#chain = chain;
    this.#victim = victim;
  }

  /** @param home of the validator whose place it takes */
  static async start(home: NodeHome, network: NetworkGenesis, chainName: string, victim: NodeId): Promise<HostilePeer> {
    const config = loadConfig(home, {});
    const key = loadNodeKey(home.files.nodeKey);
    const clock = createRealClock();
    const system = createActorSystem({
      clock,
      shards: {},
      notes: createNoteSink({ log: silentLog, metrics: createMetrics() }),
      onFatal: (reason) => {
        throw new Error(reason);
      },
      random: seededRandom(1),
    });
    const transport = createWsTransport({
      host: config.peer.host,
      port: config.peer.port,
      security: { mode: 'tls', certificate: await createNodeCertificate(key.seed.reveal()) },
    });
    const links = createLinks({
      self: key.nodeId,
      domain: 'node',
      transport,
      clock,
      random: seededRandom(2),
      actors: system,
      peers: config.peer.peers.filter((each) => each.nodeId === victim),
      validators: new Set(network.validators.map((each) => each.nodeId)),
      followers: { mode: 'none' },
      note: () => {},
    });
    const { chain } = chainGenesis(network, chainName);
    const peer = new HostilePeer(links, chain, victim);
    const receiver = address(chain, 'consensus', 'hostile');
    system.spawn(receiver, {
      kind: 'hostile',
      mailbox: { capacity: 100_000 },
      start: () => null,
      receive: (_: null, message: LinkMessage) => peer.#hear(message),
    });
    links.subscribe(chain, receiver);
    await new Promise<void>((resolve, reject) =>
      links.start((fault) => (fault === undefined ? resolve() : reject(new Error(fault.message)))),
    );
    return peer;
  }

  #hear(message: LinkMessage): void {
    if (message.type === 'link-down') this.heard.length = 0;
    if (message.type === 'frame' && this.heard.length < 1_000) this.heard.push(message.bytes);
  }

  get isUp(): boolean {
    return this.#links.peers().some((each) => each.peer === this.#victim && each.linked);
  }

  get bufferedBytes(): number {
    return this.#links.peers().find((each) => each.peer === this.#victim)?.bufferedBytes ?? 0;
  }

  async connected(): Promise<void> {
    await eventually('the hostile peer has a link', 30, async () => this.isUp);
  }

  write(frame: Bytes): void {
    this.#links.outlet(this.#victim, this.#chain, 'control').write([frame]);
  }

  send(message: Exclude<PeerMessage, { readonly type: 'batch' }>): void {
    this.write(encodeMessage(message));
  }

  bulk(header: Bytes, body: Bytes): void {
    this.#links.outlet(this.#victim, this.#chain, 'bulk').write([header, body]);
  }

  close(): void {
    this.#links.close();
  }
}
