// Two chains in one shard, of which one rests: live records and one snapshot at its last checkpoint take the place of all that
// it wrote, so the other chain's journal stays within its bound; and what rested goes on, also at a node that was away.

import t from 'tap';
import { fromUtf8 } from '../../lib/bytes.ts';
import { KiB } from '../../lib/units.ts';
import { smallSegments, WholeNodes } from './whole-nodes.ts';

t.setTimeout(0); // the runner's budget for the file decides

const validators = [0, 1, 2, 3];
const retainBytes = 512 * KiB;

for (const blocks of [0, 5])
  t.test(`a chain that rests after ${blocks} commands lets its shard's journal be pruned`, (t) => {
    const snapshots = [0, 0, 0, 0];
    const net = new WholeNodes(3, {
      ...{ validators: 4, ...smallSegments, retainBytes },
      chains: ['busy', 'idle'].map((name) => ({ name, application: 'blob' as const })),
      wrapApplication(index, chain, application) {
        if (chain !== 'idle') return application;
        const { snapshot } = application;
        return Object.assign(application, {
          snapshot(...args: Parameters<typeof snapshot>) {
            snapshots[index] = (snapshots[index] as number) + 1;
            snapshot.apply(application, args);
          },
        });
      },
    });
    const { leader } = net.status(0, 'idle');
    const [here, away, ...others] = validators.filter((index) => index !== leader) as [number, number, number];
    const submit = (index: number, entry: string): void => {
      t.equal(net.submitAll(index, 'idle', [fromUtf8(entry)]).accepted, 1);
      net.run(2_000);
    };
    const archiveOf = (index: number) =>
      net.nodes
        .get(index)
        ?.node.served.find(({ name }) => name === 'idle')
        ?.archive();
    /** The other chain fills a dozen segments; no node that runs keeps more than it shall. */
    const fill = (): void => {
      for (let written = 0; written < 12 * smallSegments.segmentBytes; written += 30 * net.nodes.size * 8_000)
        net.load(600, { size: 8_000, everyMs: 20, chain: 'busy' });
      net.run(2_000);
      for (const index of net.nodes.keys()) {
        const paths = net.hosts[index]?.disk.names.paths() ?? [];
        const segments = paths.filter((path) => path.endsWith('.segment')).length;
        // the one that is prepared, and two that are filled while a snapshot is made
        t.ok(segments <= retainBytes / smallSegments.segmentBytes + 3, `v${index + 1} has ${segments} segments`);
      }
    };

    for (let i = 0; i < blocks; i++) submit(0, `entry ${i}`);
    const { height } = net.status(here, 'idle');
    fill();
    t.equal(archiveOf(here)?.oldest, blocks === 0 ? 1 : height + 1, 'its blocks are gone');
    // its leader would end the term
    for (const index of [here, away, ...others]) net.hosts[index]?.crash('power-cut');
    for (const index of [here, away, ...others]) net.hosts[index]?.start();
    net.run(3_000);
    fill();
    t.match(net.status(here, 'idle'), { height, executed: height, fenced: undefined }, 'it has rested all the time');
    t.same(snapshots, Array(4).fill(blocks === 0 ? 0 : 1), 'one snapshot, however long it rests');

    net.hosts[away]?.crash('killed');
    for (let i = 0; i < 3; i++) submit(here, `later ${i}`);
    fill();
    net.hosts[away]?.start();
    const state = (index: number): string => {
      const { height, executed, stateRoot } = net.status(index, 'idle');
      return `${height} ${executed} ${stateRoot}`;
    };
    const same = (): boolean => net.nodes.has(away) && state(here) === state(away);
    t.ok(net.until(same, 30_000), `${state(away)} is not ${state(here)}`);
    t.ok((archiveOf(away)?.oldest ?? 0) > height + 1, 'from a snapshot');
    submit(away, 'and goes on');
    t.ok(same() && net.status(away, 'idle').height > height + 3);
    t.equal(net.status(away, 'idle').fenced, undefined);
    t.equal(net.damaged, 0);
    t.same(net.world.violations, []);
    t.end();
  });
