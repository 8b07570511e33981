// D5 as the simulator judges it: who may sign on a disk that is not the one that this validator wrote, or no longer.
import t from 'tap';
import type { Core, Output } from '../../../consensus/core/index.ts';
import type { CoreHooks } from '../../../consensus/index.ts';
import { CopyWitness } from '../../../sim/checkers/copy-witness.ts';
import { CoreCluster } from '../consensus/core-cluster.ts';

const me = 2;
const signed: readonly Output[] = [{ type: 'signed' }];

/** Of the four validators of a chain that has commits: all have seen votes of all. */
function committed(): readonly Core[] {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(1_000);
  cluster.submit(0, 'entry');
  cluster.run(5_000);
  return cluster.hosts.map(({ core }) => core);
}

function judged(): { readonly details: readonly string[]; readonly running: Core[]; readonly witness: CopyWitness } {
  const details: string[] = [];
  const running = committed().filter((core) => core.me !== me);
  const witness = new CopyWitness(() => running, { violated: (_, detail) => details.push(detail) });
  return { details, running, witness };
}

/** A core whose journal holds no vote. */
const blank = (): Core => (new CoreCluster({ n: 4 }).hosts[me] as { readonly core: Core }).core;

/** One life on a disk without votes, in which it signs something. */
function live(witness: CopyWitness, lies = false): void {
  const hooks: CoreHooks = witness.hooks(me, () => lies);
  const core = blank();
  hooks.started?.(core, () => {});
  hooks.stepped?.(core, signed);
}

t.test('an honest validator signs nothing on an empty disk, in any of its lives, whoever remembers it', async (t) => {
  const { details, running, witness } = judged();
  live(witness);
  t.same(details, [], 'its own disk');
  witness.lent(me, 'nothing');
  live(witness);
  running.length = 0;
  live(witness);
  t.same(details, [
    'validator 3 on nothing, while 3 peers know better',
    'validator 3 on nothing, while 0 peers know better',
  ]);
});

t.test('on an older copy, where any q−1 Hellos tell it', async (t) => {
  const { details, running, witness } = judged();
  witness.lent(me, 'older copy');
  running.length = 2;
  live(witness);
  t.same(details, ['validator 3 on older copy, while 2 peers know better']);
  running.length = 1;
  live(witness);
  t.equal(details.length, 1, 'one peer that knows better need not be among those that it hears');
});

t.test('a liar signs on an empty disk; honest again, it is judged as on an older copy', async (t) => {
  const { details, running, witness } = judged();
  witness.lent(me, 'nothing');
  live(witness, true);
  t.same(details, [], 'a liar owes nothing');
  live(witness);
  t.same(details, ['validator 3 on what a liar wrote, while 3 peers know better']);
  running.length = 1;
  live(witness);
  t.equal(details.length, 1);
});

t.test('another disk knows nothing of lies', async (t) => {
  const { details, running, witness } = judged();
  running.length = 0;
  witness.lent(me, 'nothing');
  live(witness, true);
  witness.lent(me, 'nothing');
  live(witness);
  t.same(details, ['validator 3 on nothing, while 0 peers know better'], 'an empty one again');
  witness.restored(me);
  live(witness);
  t.equal(details.length, 1, 'its true one');
});

t.test('its own disk comes back as it was: wiped, or written by a liar', async (t) => {
  for (const lies of [false, true]) {
    const { details, running, witness } = judged();
    witness.wiped(me);
    if (lies) live(witness, true);
    const by = lies ? 'what a liar wrote' : 'nothing';
    witness.lent(me, 'older copy');
    witness.restored(me);
    live(witness);
    t.same(details, [`validator 3 on ${by}, while ${running.length} peers know better`]);
  }
});
