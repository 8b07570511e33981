// One node of four computes another state than the others certify: it stops that chain and says where and why, over
// restarts too; its other chains and the other nodes go on.

import t from 'tap';
import { explain } from '../../consensus/explain.ts';
import type { Application, ChainStatus } from '../../consensus/index.ts';
import { type Hash, sha256Hex } from '../../lib/hash.ts';
import { WholeNodes } from './whole-nodes.ts';

const odd = 2;
const goneWrongAt = 3;
const validators = ['v1', 'v2', 'v3', 'v4'];

/** Computes wrong roots from a height on, in its first life only: what it kept on its disk is right. */
function goesWrong(application: Application): Application {
  const wrong: Application = Object.create(application);
  wrong.apply = (block, done) =>
    application.apply(block, (fault, applied) =>
      done(
        fault,
        block.height < goneWrongAt ? applied : { ...applied, stateRoot: sha256Hex(Uint8Array.of(1)) as Hash },
      ),
    );
  return wrong;
}

t.setTimeout(0); // the runner's budget for the file decides

t.test('a node that diverges stops the chain for good; its other chain and the others go on', (t) => {
  const lives = new Map<string, number>();
  const nodes = new WholeNodes(1, {
    validators: 4,
    chains: ['main', 'other'].map((name) => ({ name, application: 'blob' as const })),
    wrapApplication(index, chain, application) {
      const life = (lives.get(`${index} ${chain}`) ?? 0) + 1;
      lives.set(`${index} ${chain}`, life);
      return index === odd && chain === 'main' && life === 1 ? goesWrong(application) : application;
    },
  });
  nodes.load(1_000, { size: 100, everyMs: 20 });
  nodes.run(1_000);
  const first = nodes.status(odd);
  t.match(first.stopped, { code: 'diverged', height: goneWrongAt, ours: sha256Hex(Uint8Array.of(1)) });
  t.equal(first.life, 'stopped');
  const said = explain(first, validators, Date.UTC(2026, 0, 2));
  t.equal(said.state, 'diverged');
  t.match(said.sentence, new RegExp(`at height ${goneWrongAt}: this node computed state root .* certified`));
  t.equal(chainState(nodes, 'main'), 'diverged');

  for (const [start, end] of (['killed', 'power-cut', 'killed'] as const).entries()) {
    nodes.hosts[odd]?.crash(end);
    nodes.hosts[odd]?.start();
    nodes.until(() => nodes.nodes.has(odd), 5_000);
    const before = [nodes.status(0), nodes.status(0, 'other')] as const;
    nodes.load(500, { size: 100, everyMs: 20 });
    nodes.load(500, { size: 100, everyMs: 20, chain: 'other' });
    nodes.run(1_000);
    const again = nodes.status(odd);
    t.same(again.stopped, first.stopped, `start ${start + 2}: the evidence stays`);
    t.equal(again.life, 'stopped');
    t.equal(again.height, first.height, 'it commits nothing more');
    t.equal(chainState(nodes, 'main'), 'diverged');
    t.ok(nodes.status(0).height > before[0].height + 5, 'the others go on');
    t.equal(nodes.status(0).stopped, undefined);
    t.ok(nodes.status(0, 'other').height > before[1].height + 5);
    t.ok(level(nodes.status(odd, 'other'), nodes.status(0, 'other')), 'its other chain too');
  }
  t.equal(nodes.damaged, 0);
  t.end();
});

function level(one: ChainStatus, other: ChainStatus): boolean {
  return one.stopped === undefined && one.height === other.height && one.stateRoot === other.stateRoot;
}

function chainState(nodes: WholeNodes, name: string): string | null | undefined {
  const node = nodes.nodes.get(odd)?.node;
  const chain = node?.served.find((each) => each.name === name)?.addresses.chain;
  return chain === undefined ? undefined : node?.system.describe(chain)?.state;
}
