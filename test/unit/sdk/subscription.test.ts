import t from 'tap';
import { createMetrics } from '../../../lib/metrics.ts';
import { ok, refused } from '../../../lib/result.ts';
import { createGateway } from '../../../net/gateway/drivers/gateway.ts';
import { netMetrics } from '../../../net/index.ts';
import { nodePlatform } from '../../../sdk/drivers/node-platform.ts';
import { Client, type Platform } from '../../../sdk/index.ts';

/** A gateway whose blocks are numbers: from what `first` says up to `head`, as fast as the subscriber takes them. */
class NumberNode {
  head = 0;
  first = 1;
  opened = 0;
  closed = 0;
  url = '';
  readonly #tell = new Set<() => void>();
  readonly #gateway = createGateway({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics(...netMetrics),
    version: '',
  });

  constructor() {
    this.#gateway.registerTopic('blocks', {
      open: (params, subscriber) => {
        if (params.chain === 'other') return refused({ name: 'unknown-chain' });
        this.opened++;
        let at = params.cursor === undefined ? this.head : Number(params.cursor);
        const tell = (): void => {
          if (at + 1 < this.first) return subscriber.lagged(1, String(this.first));
          while (at < this.head) if (subscriber.push(String(at + 1), { height: ++at }) === false) return;
        };
        this.#tell.add(tell);
        setImmediate(tell);
        return ok({
          close: () => {
            this.closed++;
            this.#tell.delete(tell);
          },
        });
      },
    });
  }

  start(): Promise<this> {
    return new Promise((resolve, reject) =>
      this.#gateway.start((fault, addresses) => {
        this.url = addresses?.rpc ?? '';
        if (fault === undefined) resolve(this);
        else reject(fault);
      }),
    );
  }

  grow(to: number): void {
    this.head = to;
    for (const tell of this.#tell) tell();
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#gateway.close(resolve));
  }
}

const hurried: Platform = { ...nodePlatform, delay: () => new Promise((resolve) => setTimeout(resolve, 5)) };
const clientOf = (nodes: readonly NumberNode[], chain?: string): Client =>
  new Client({ endpoints: nodes.map(({ url }) => url), platform: hurried, ...(chain === undefined ? {} : { chain }) });

async function read(client: Client, count: number, cursor: string | undefined, each = async (_: number) => {}) {
  const heights: number[] = [];
  for await (const { data } of client.subscribe('blocks', cursor === undefined ? {} : { cursor })) {
    heights.push(data.height);
    await each(data.height);
    if (heights.length === count) break;
  }
  return heights;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

t.test('a reader gets every notification in order, however slow it is, and leaves when it likes', async (t) => {
  const node = await new NumberNode().start();
  t.teardown(() => node.close());
  node.grow(2_000);
  const heights = await read(clientOf([node]), 2_000, '0', async (height) => {
    if (height % 500 === 1) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  t.same(heights, upTo(2_000));
  t.ok(node.opened > 1, 'it lagged, and went on where it was');
  const before = node.opened;
  const live = read(clientOf([node]), 3, undefined);
  while (node.opened === before) await new Promise((resolve) => setTimeout(resolve, 5));
  node.grow(2_003);
  t.same(await live, [2_001, 2_002, 2_003], 'from now on where no cursor is given');
  while (node.closed < node.opened) await new Promise((resolve) => setTimeout(resolve, 5));
});

t.test('when a node goes, the next one continues behind what was read', async (t) => {
  const nodes = [await new NumberNode().start(), await new NumberNode().start()] as const;
  t.teardown(() => nodes[1].close());
  for (const node of nodes) node.grow(100);
  const heights = await read(clientOf(nodes), 150, '0', async (height) => {
    if (height !== 40) return;
    await nodes[0].close();
    nodes[1].grow(150);
  });
  t.same(heights, upTo(150));
  t.ok(nodes[1].opened > 0);
});

t.test('what cannot be had is said: history that is gone, a chain that does not exist, nobody there', async (t) => {
  const nodes = [await new NumberNode().start(), await new NumberNode().start()] as const;
  for (const node of nodes) node.grow(20);
  nodes[0].first = 11;
  t.same(await read(clientOf(nodes), 20, '0'), upTo(20), 'another node still has it');
  nodes[1].first = 11;
  await t.rejects(
    read(clientOf(nodes), 20, '0'),
    { name: 'PskyError', row: { name: 'lagged' } },
    'nothing is left out',
  );
  t.same(await read(clientOf(nodes), 10, '10'), upTo(20).slice(10));
  await t.rejects(read(clientOf(nodes, 'other'), 1, '0'), { name: 'RpcFailure', slug: 'unknown-chain' });
  for (const node of nodes) await node.close();
  await t.rejects(read(clientOf(nodes), 1, '0'), { name: 'PskyError', row: { name: 'node-unreachable' } });
});
