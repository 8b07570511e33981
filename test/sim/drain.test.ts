// A node is asked to end while it executes: it finishes the block that it is at, or leaves it to the next start, and never
// fails on a store that it has closed itself.

import t from 'tap';
import type { Application } from '../../consensus/index.ts';
import type { World } from '../../sim/world.ts';
import { WholeNodes } from './whole-nodes.ts';

const drained = 1;

interface Progress {
  /** height of the state that it opened with */
  opened: number;
  begun: number;
  ended: number;
}

/** Each block takes so long, as under load on a slow disk; `close` waits for it, as ledgers do. */
function slow(application: Application, world: () => World, applyMs: number, progress: Progress): Application {
  const slowed: Application = Object.create(application);
  let atRest = (): void => {};
  slowed.open = (done) =>
    application.open((fault, state) => {
      progress.opened = state.height;
      done(fault, state);
    });
  slowed.apply = (block, done) => {
    progress.begun = block.height;
    world().after(applyMs, () =>
      application.apply(block, (fault, applied) => {
        progress.ended = block.height;
        done(fault, applied);
        atRest();
      }),
    );
  };
  slowed.persist = (done) => {
    if (progress.begun === progress.ended) return application.persist(done);
    atRest = () => application.persist(done);
  };
  return slowed;
}

t.setTimeout(0); // the runner's budget for the file decides

for (const { applyMs, finishes } of [
  { applyMs: 400, finishes: true },
  { applyMs: 5_000, finishes: false },
]) {
  t.test(`a drain while a block takes ${applyMs} ms`, (t) => {
    const progress = { opened: -1, begun: 0, ended: 0 };
    const nodes: WholeNodes = new WholeNodes(1, {
      validators: 4,
      wrapApplication: (index, _chain, application) =>
        index === drained ? slow(application, () => nodes.world, applyMs, progress) : application,
    });
    const host = nodes.hosts[drained];
    const before = host?.machine.process;
    nodes.load(1_000, { size: 100, everyMs: 20 });
    t.ok(progress.begun > progress.ended, 'a block is under way');
    const at = progress.begun;
    let end: number | undefined;
    const since = nodes.world.nowMs;
    nodes.nodes.get(drained)?.node.drain(() => {
      end = nodes.world.nowMs;
    });
    nodes.run(10_000);
    t.ok(
      end !== undefined && end - since < (finishes ? 1_000 : 4_000),
      `drained after ${(end ?? Number.NaN) - since} ms`,
    );
    t.equal(progress.begun, at, 'no other block was begun');
    t.equal(host?.machine.process, before, 'and it has not given up');
    host?.crash('power-cut');
    host?.start();
    nodes.until(() => nodes.nodes.has(drained), 5_000);
    // the state that it opens with holds the block exactly where the drain waited for it
    t.equal(progress.opened, finishes ? at : at - 1);
    t.equal(nodes.damaged, 0);
    t.end();
  });
}
