// The simulator itself: a rule is taken away, and the seeds notice. What is taken away here stands between a node and its
// world; docs/testing.md says which deletions inside a node were tried by hand.

import t from 'tap';
import type { Core } from '../../consensus/core/index.ts';
import type { CoreHooks } from '../../consensus/index.ts';
import type { Hash } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { joinHooks } from '../../sim/checkers/core-observer.ts';
import { type Boot, type ClusterOptions, runCluster } from '../../sim/cluster.ts';
import type { FaultKind } from '../../sim/faults.ts';
import { simulatedNodes } from '../../sim/nodes.ts';
import type { SimNode } from '../../sim/workloads.ts';
import type { JournalView } from '../../storage/index.ts';

t.setTimeout(0); // the runner's budget for the file decides

const nodes = simulatedNodes({ validators: 4, suite: sodiumSuite, plannedTermMs: 2_000 });
const virtualSeconds = 15;

/** Invariants that a few seeds find broken. */
function broken(faults: readonly FaultKind[], change: Partial<ClusterOptions>): ReadonlySet<string> {
  const found = [1, 2].flatMap((seed) => runCluster({ ...nodes, seed, virtualSeconds, faults, ...change }).violations);
  return new Set(found.map(({ invariant }) => invariant));
}

const booted =
  (change: (boot: Boot) => Boot): ClusterOptions['boot'] =>
  (boot, ready) =>
    nodes.boot(change(boot), ready);

const withHooks = (hooks: () => CoreHooks): Partial<ClusterOptions> => ({
  boot: booted((boot) => ({ ...boot, hooks: joinHooks(boot.hooks, hooks()) })),
});

t.test('D5: a validator on an older copy that ignores what its peers return', async (t) => {
  const forget = (core: Core): void => {
    core.fenced = undefined;
    core.awaitingHellos = undefined;
  };
  const shameless: CoreHooks = {
    started: forget,
    stepped: (core, outputs) => {
      forget(core);
      return outputs;
    },
  };
  t.ok(
    broken(
      ['stale-disk'],
      withHooks(() => shameless),
    ).has('a validator on an old disk signs nothing'),
  );
  t.ok(
    broken(
      ['wiped-disk'],
      withHooks(() => shameless),
    ).has('a validator on an old disk signs nothing'),
  );
  t.ok(
    broken(
      ['wiped-disk', 'byzantine'],
      withHooks(() => shameless),
    ).has('a validator on an old disk signs nothing'),
    'also of one that lies now and then, but not on this disk',
  );
});

t.test('D2: a journal that forgets every fiftieth record when it is read back', async (t) => {
  const forgetful = (view: JournalView): JournalView => ({
    ...view,
    get appended() {
      return view.appended;
    },
    get durable() {
      return view.durable;
    },
    replay: (each, done) => {
      let records = 0;
      view.replay((record) => {
        records++;
        if (records % 50 !== 0) each(record);
      }, done);
    },
  });
  const boot = booted((boot) => ({ ...boot, watchJournal: (view) => boot.watchJournal(forgetful(view)) }));
  t.ok(broken(['crash'], { boot }).has('restart reproduces the same bytes'));
});

t.test('D2: an archive that forgets what its validator has just voted for', async (t) => {
  const careless: CoreHooks = {
    stepped(core, outputs) {
      const voted = outputs.some(({ type }) => type === 'signed')
        ? core.blocks.get(core.vote?.tipId as Hash)
        : undefined;
      const digests = voted?.cut.flatMap(({ seq, digest }, lane) =>
        seq > (voted.parent?.cut[lane]?.seq ?? seq) ? [digest] : [],
      );
      return digests === undefined ? outputs : [...outputs, { type: 'forgotten', digests }];
    },
  };
  const boot = booted((boot) => ({ ...boot, hooks: joinHooks(careless, boot.hooks) }));
  t.ok(broken(['disconnect'], { boot }).has('what is voted for is kept'));
});

t.test('D2: a node that remembers no block for which it voted in earlier terms', async (t) => {
  const fickle: CoreHooks = {
    stepped(core, outputs) {
      for (const block of core.blocks.values()) block.voted = false;
      return outputs;
    },
  };
  const faults = ['partition', 'byzantine'] as const;
  t.ok(
    broken(
      faults,
      withHooks(() => fickle),
    ).has('what is voted for is kept'),
  );
});

t.test('§11: a node that forgets no votes of past terms', async (t) => {
  const hoarder = (): CoreHooks => {
    const all: Core['slots'] = new Map();
    return {
      stepped: (core, outputs) => {
        for (const [term, slots] of core.slots) all.set(term, slots);
        for (const [term, slots] of all) core.slots.set(term, slots);
        return outputs;
      },
    };
  };
  t.ok(broken(['crash'], withHooks(hoarder)).has('queues bounded'));
});

t.test('signatures that are good on two chains', async (t) => {
  const abroad = { ...(nodes.abroad as NonNullable<ClusterOptions['abroad']>), committees: [nodes.committee] };
  const found = broken(['byzantine'], { abroad, behaviours: ['foreign-certificates'] });
  t.ok(found.size > 0, [...found].join(', '));
});

t.test('a validator that never admits anything again', async (t) => {
  const boot: ClusterOptions['boot'] = (boot, ready) =>
    nodes.boot(boot, (node) => {
      const refusing: SimNode = { ...node, submit: (_, done) => done('refused') };
      ready(boot.index === 1 ? refusing : node);
    });
  t.ok(broken(['full-disk'], { boot }).has('progress after healing'));
});
