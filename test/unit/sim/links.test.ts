import t from 'tap';
import { type Address, address, type Behavior, createActorSystem } from '../../../actors/index.ts';
import { assert } from '../../../lib/assert.ts';
import { bigEndian } from '../../../lib/bytes.ts';
import { milliseconds } from '../../../lib/units.ts';
import {
  createFrameCheck,
  createLinks,
  type FrameCheck,
  type LinkMessage,
  type LinksHandle,
  type NodeId,
} from '../../../net/index.ts';
import { Machine } from '../../../sim/machine.ts';
import { SimNetwork } from '../../../sim/network.ts';
import { simNotes } from '../../../sim/notes.ts';
import { World } from '../../../sim/world.ts';

const domain = 'c'.repeat(64);

/** Nodes that send numbered frames over production links while connections break; checks order and at most once. */
function gossip(
  seed: number,
  nodes: number,
  frameCheck: () => FrameCheck,
): { world: World; received: number; network: SimNetwork } {
  const world = new World(seed);
  const network = new SimNetwork(world, { delayMs: [1, 10], jitter: 0.3, bytesPerMs: 1e5 });
  network.duplicates = 0.05;
  const ids = Array.from({ length: nodes }, (_, i) => String(i).padStart(64, '0') as NodeId);
  let received = 0;
  const boot = (index: number, machine: Machine): void => {
    const process = machine.startProcess();
    const { clock } = process;
    const notes = simNotes(world, machine.name);
    const system = createActorSystem({
      clock,
      shards: {},
      notes,
      onFatal: (reason) => world.violated('no failure', reason),
    });
    let handle: LinksHandle | undefined;
    let sent = 0;
    const last = new Map<string, number>();
    const receiver: Behavior<Set<NodeId>, LinkMessage | { readonly type: 'tick' }> = {
      kind: 'gossip',
      mailbox: { capacity: 1000 },
      start: (_self, effects) => {
        effects.schedule('tick', milliseconds(5), { type: 'tick' });
        return new Set();
      },
      receive: (up, message, effects) => {
        if (message.type === 'tick') {
          sent++;
          for (const peer of up)
            for (const channel of ['control', 'bulk'] as const)
              handle
                ?.outlet(peer, domain, channel)
                .write(channel === 'control' ? [bigEndian(sent, 8)] : [bigEndian(sent, 8), new Uint8Array(100)]);
          effects.schedule('tick', milliseconds(5), { type: 'tick' });
        } else if (message.type === 'link-up') {
          up.add(message.peer);
          for (const channel of ['frame', 'bulk']) last.delete(`${message.peer} ${channel}`);
        } else if (message.type === 'link-down') up.delete(message.peer);
        else {
          received++;
          const bytes = message.type === 'frame' ? message.bytes : message.header;
          const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
          const key = `${message.peer} ${message.type}`;
          const before = last.get(key);
          if (!up.has(message.peer)) world.violated('frames come while the link is up', key);
          if (before !== undefined && number !== before + 1)
            world.violated('in order, at most once', `${number} after ${before}`);
          last.set(key, number);
        }
      },
    };
    const self = ids[index] as NodeId;
    const chain: Address = address(domain, 'gossip', '0');
    system.spawn(chain, receiver);
    handle = createLinks({
      self,
      domain: 'node',
      transport: network.transport(process, self),
      clock,
      random: world.random.network.fork(`links ${index}`),
      actors: system,
      peers: ids.map((nodeId) => ({ nodeId, host: '', port: 0 })),
      validators: new Set(ids),
      followers: { mode: 'open' },
      note: (note) => notes.note(chain, 'links', note),
      frameCheck,
    });
    handle.subscribe(domain, chain);
    handle.start(() => undefined);
    process.onDeath(() => system.halt());
  };
  const machines = ids.map((id, index) => new Machine(world, index, id));
  machines.forEach((machine, index) => boot(index, machine));
  const { faults } = world.random;
  const fault = (): void => {
    const [a, b] = faults.shuffle(machines) as [Machine, Machine];
    const kind = faults.below(4);
    if (kind === 0) network.disconnect(a.index, b.index, { detectMs: [0, 800], tailMs: [0, 400], echo: 0.5 });
    else if (kind === 1) {
      network.cut(a.index, b.index);
      world.after(faults.between(100, 4000), () => network.mend(a.index, b.index));
    } else if (kind === 2) {
      a.process?.pause();
      world.after(faults.between(10, 3000), () => a.process?.resume());
    } else if (a.process !== undefined) {
      a.end(faults.chance(0.5) ? 'killed' : 'power-cut');
      world.after(faults.between(10, 2000), () => boot(a.index, a));
    }
    world.after(faults.between(100, 800), fault);
  };
  fault();
  world.run(20_000);
  return { world, received, network };
}

t.test('links deliver in order and at most once while connections break, repeat and come late', async (t) => {
  let echoes = 0;
  for (let seed = 1; seed <= 5; seed++) {
    const { world, received, network } = gossip(seed, 4, createFrameCheck);
    t.strictSame(world.violations, [], `seed ${seed}`);
    t.ok(received > 10_000, `${received} frames`);
    t.ok(network.injected.duplicates > 100);
    echoes += network.injected.echoes;
  }
  t.ok(echoes > 0, `${echoes} came again on a later link`);
});

t.test('one seed gives one trace, another seed another', async (t) => {
  const trace = (seed: number) => gossip(seed, 3, createFrameCheck).world.trace.digest();
  t.equal(trace(1), trace(1));
  t.not(trace(1), trace(2));
});

t.test('without the session’s duplicate check the seeds fail', async (t) => {
  const broken = [1, 2, 3, 4, 5].filter(
    (seed) => gossip(seed, 4, () => ({ judge: () => 'next' })).world.violations.length > 0,
  );
  t.strictSame(broken, [1, 2, 3, 4, 5]);
});

t.test('a dial is answered also where the other process stands still and never goes on', async (t) => {
  const world = new World(1);
  const network = new SimNetwork(world);
  const ids = ['a', 'b'].map((letter) => letter.repeat(64) as NodeId);
  const [near, far] = ids.map((id, index) => new Machine(world, index, id).startProcess());
  assert(near !== undefined && far !== undefined, 'two processes');
  network.transport(far, ids[1] as NodeId).listen(
    () => undefined,
    () => undefined,
  );
  world.run(10);
  far.pause();
  const answers: (string | undefined)[] = [];
  network
    .transport(near, ids[0] as NodeId)
    .dial({ nodeId: ids[1] as NodeId, host: '', port: 0 }, 'control', (error) => answers.push(error?.code), {
      message: () => undefined,
      closed: () => undefined,
    });
  world.after(1000, () => far.machine.end('killed'));
  world.run(10_000);
  t.strictSame(answers, ['timeout']);
});
