import type { ics23 } from '@confio/ics23';
import pkg from '@confio/ics23';
import fc from 'fast-check';
import t from 'tap';
import { nativeSha256 } from '../../../actors/drivers/native-sha256.ts';
import { decodeProof, verifyStateProof } from '../../../ledger/proof/index.ts';
import type { StateHead } from '../../../ledger/state/head.ts';
import { proveName } from '../../../ledger/state/prove.ts';
import { AuthenticatedState, nameOf } from '../../../ledger/state/state.ts';
import { emptyHash, innerHash, leafHash, valueHashOf } from '../../../ledger/state/tree-hash.ts';
import { bigEndian, compareBytes, concatBytes, equalBytes, noBytes, toHex } from '../../../lib/bytes.ts';
import { accelerateSha256, type Hash, hashFromBytes, hashToBytes, sha256, zeroHash } from '../../../lib/hash.ts';
import { seededRandom } from '../../../lib/random.ts';
import { changesOf, commit, openState, write } from './state-support.ts';
import { inline, now, type TestStore, testStore, text } from './support.ts';

accelerateSha256(nativeSha256);

type Model = Map<string, Uint8Array>;

/** The definition, as directly as it can be written. */
function naiveRoot(leaves: readonly { path: Uint8Array; value: Uint8Array }[], depth = 0): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return emptyHash;
  if (leaves.length === 1) return leafHash(first.path, valueHashOf(first.value));
  const bit = (path: Uint8Array): number => ((path[depth >> 3] as number) >> (7 - (depth % 8))) & 1;
  return innerHash(
    naiveRoot(
      leaves.filter(({ path }) => bit(path) === 0),
      depth + 1,
    ),
    naiveRoot(
      leaves.filter(({ path }) => bit(path) === 1),
      depth + 1,
    ),
  );
}

const rootOfModel = (model: Model): Hash =>
  hashFromBytes(naiveRoot([...model].map(([key, value]) => ({ path: sha256(text(key)), value }))));

const prove = (state: AuthenticatedState, key: string, height = state.current.height): Uint8Array =>
  now<Uint8Array>((done) => proveName(state, nameOf(text(key)), height, done));

const keys = fc.integer({ min: 0, max: 60 }).map((n) => `k${n}`);
const change = fc.tuple(
  keys,
  fc.option(
    fc.string({ maxLength: 5 }).map((s) => `=${s}`),
    { nil: undefined, freq: 3 },
  ),
);
const blocks = fc.array(fc.array(change, { maxLength: 30 }), { minLength: 1, maxLength: 8 });

t.test('roots equal the definition, whatever the order, batching and cache; proofs hold and nothing else does', (t) => {
  fc.assert(
    fc.property(blocks, fc.nat(), (blocks, writes) => {
      const store = testStore();
      const state = openState(store);
      const starved = openState(testStore(), 1);
      const model: Model = new Map();
      const history: { root: Hash; model: Model }[] = [{ root: zeroHash, model: new Map() }];
      let written = 0;
      for (const [i, block] of blocks.entries()) {
        for (const [key, value] of block) {
          if (value === undefined) model.delete(key);
          else model.set(key, text(value));
        }
        const root = commit(state, block);
        if (root !== rootOfModel(model) || commit(starved, block) !== root) return false;
        history.push({ root, model: new Map(model) });
        if (((writes >> i) & 1) === 0) continue;
        write(state);
        written = state.current.height;
      }
      // what a crash leaves is the state after the block that was written last; the others lead to the same roots again
      const reopened = openState(store);
      if (reopened.current.height !== written || reopened.current.stateRoot !== history[written]?.root) return false;
      for (const [i, block] of blocks.entries())
        if (i >= written && commit(reopened, block) !== history[i + 1]?.root) return false;
      for (let height = 0; height < history.length; height++) {
        const { root, model } = history[height] as (typeof history)[number];
        for (const key of ['k1', 'k2', 'k3', 'absent', [...model.keys()][0] ?? 'k4']) {
          const value = model.get(key);
          const proof = prove(state, key, height);
          const read = now<Uint8Array | undefined>((done) => state.read(nameOf(text(key)), height, done));
          if (!(read === undefined ? value === undefined : value !== undefined && equalBytes(read, value)))
            return false;
          if (!verifyStateProof(root, text(key), value, proof)) return false;
          if (verifyStateProof(root, text(key), value === undefined ? text('x') : undefined, proof)) return false;
          if (verifyStateProof(root, text(key), text('another'), proof)) return false;
          if (verifyStateProof(root, text(`${key}!`), value, proof) && value !== undefined) return false;
        }
      }
      const fresh = openState(testStore());
      return (
        model.size === 0 ||
        commit(
          fresh,
          [...model].map(([k, v]) => [k, new TextDecoder().decode(v)]),
        ) === state.current.stateRoot
      );
    }),
    { numRuns: 60 },
  );
  t.end();
});

t.test('a proof has one encoding; altered bytes never verify', (t) => {
  const state = openState(testStore());
  const root = commit(
    state,
    Array.from({ length: 40 }, (_, i) => [`k${i}`, `v${i}`] as const),
  );
  for (const [key, value] of [
    ['k7', text('v7')],
    ['none', undefined],
  ] as const) {
    const proof = prove(state, key);
    t.ok(verifyStateProof(root, text(key), value, proof));
    t.ok(decodeProof(proof));
    let accepted = 0;
    for (let i = 0; i < proof.length; i++) {
      for (const flip of [1, 0x80]) {
        const altered = proof.map((byte, at) => (at === i ? byte ^ flip : byte));
        if (verifyStateProof(root, text(key), value, altered)) accepted++;
      }
    }
    t.equal(accepted, 0);
    t.equal(verifyStateProof(root, text(key), value, concatBytes([proof, Uint8Array.of(0)])), false, 'trailing bytes');
  }
  t.equal(verifyStateProof(zeroHash, text('k'), undefined, prove(openState(testStore()), 'k')), true, 'empty state');
  t.end();
});

t.test('a rotten page is noticed, not believed', (t) => {
  const store = testStore();
  const filled = openState(store);
  commit(
    filled,
    Array.from({ length: 300 }, (_, i) => [`k${i}`, 'v'] as const),
  );
  write(filled);
  for (const [key, value] of store.entries) {
    if (key.startsWith(toHex(text('p'))) && key.length > 2)
      store.entries.set(
        key,
        value.map((b, i) => (i === 40 ? b ^ 1 : b)),
      );
  }
  const state = openState(store);
  t.throws(
    () =>
      commit(
        state,
        Array.from({ length: 20 }, (_, i) => [`k${i}`, 'w'] as const),
      ),
    /corrupt/,
  );
  t.throws(() => prove(state, 'k1'), /corrupt/);
  t.end();
});

t.test('proofs are ICS-23 proofs of the SmtSpec', (t) => {
  const { ics23: types, verifyMembership, verifyNonMembership } = pkg;
  const { SHA256, NO_HASH } = types.HashOp;
  const leafSpec: ics23.ILeafOp = {
    hash: SHA256,
    prehashKey: NO_HASH, // names are hashed before they are proved and compared
    prehashValue: SHA256,
    length: types.LengthOp.NO_PREFIX,
    prefix: Uint8Array.of(0),
  };
  const smtSpec: ics23.IProofSpec = {
    leafSpec,
    innerSpec: {
      childOrder: [0, 1],
      childSize: 32,
      minPrefixLength: 1,
      maxPrefixLength: 1,
      emptyChild: emptyHash,
      hash: SHA256,
    },
    maxDepth: 256,
  };
  const state = openState(testStore());
  const entries = Array.from({ length: 64 }, (_, i) => ({ key: `key-${i}`, value: text(`value-${i}`) }));
  const root = hashToBytes(
    commit(
      state,
      entries.map(({ key, value }) => [key, new TextDecoder().decode(value)]),
    ),
  );
  const sorted = entries.map((e) => ({ ...e, path: sha256(text(e.key)) })).sort((a, b) => compareBytes(a.path, b.path));

  const exist = ({ key, path, value }: (typeof sorted)[number]): ics23.IExistenceProof => {
    const proof = decodeProof(prove(state, key));
    const siblings = proof?.siblings ?? [];
    const steps = siblings.map((sibling, depth) => {
      const right = ((path[depth >> 3] as number) >> (7 - (depth % 8))) & 1;
      return right === 1
        ? { hash: types.HashOp.SHA256, prefix: concatBytes([Uint8Array.of(1), sibling]), suffix: noBytes }
        : { hash: types.HashOp.SHA256, prefix: Uint8Array.of(1), suffix: sibling };
    });
    return { key: path, value, leaf: leafSpec, path: steps.reverse() };
  };

  for (const entry of sorted) {
    t.ok(verifyMembership({ exist: exist(entry) }, smtSpec, root, entry.path, entry.value));
    t.notOk(verifyMembership({ exist: exist(entry) }, smtSpec, root, entry.path, text('forged')));
  }
  // The JavaScript verifier does not look for empty children between neighbours, as the Go one does; most gaps have none.
  let verified = 0;
  for (let i = 0; i < 200; i++) {
    const path = sha256(text(`absent-${i}`));
    const after = sorted.findIndex((entry) => compareBytes(entry.path, path) > 0);
    if (after < 1) continue;
    const left = exist(sorted[after - 1] as (typeof sorted)[number]);
    const right = exist(sorted[after] as (typeof sorted)[number]);
    if (verifyNonMembership({ nonexist: { key: path, left, right } }, smtSpec, root, path)) verified++;
    t.notOk(
      verifyNonMembership({ nonexist: { key: left.key ?? noBytes, left, right } }, smtSpec, root, left.key ?? noBytes),
    );
  }
  t.ok(verified > 40, `absence between neighbours: ${verified} of 200 by ICS-23`);
  t.end();
});

t.test('many keys: pages come and go, reads per block stay few', (t) => {
  const store = testStore();
  const state = openState(store, 100_000);
  const name = (i: number): string => toHex(bigEndian(i, 4));
  for (let from = 0; from < 6000; from += 1500) {
    commit(
      state,
      Array.from({ length: 1500 }, (_, i) => [name(from + i), 'v'] as const),
    );
  }
  for (let from = 0; from < 6000; from += 3000) {
    commit(
      state,
      Array.from({ length: 3000 }, (_, i) => [name(from + i), undefined] as const),
    );
  }
  t.equal(state.current.stateRoot, zeroHash);
  write(state);
  t.equal(
    [...store.entries.keys()].filter((key) => key.startsWith(toHex(text('p')))).length,
    1,
    'only the root page is left',
  );
  t.end();
});

t.test('queries between the slices of a block see whole heights only', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.array(change, { maxLength: 25 }), { minLength: 1, maxLength: 5 }),
      fc.nat(),
      (blocks, seed) => {
        const random = seededRandom(seed);
        const waiting: (() => void)[] = [];
        const state = new AuthenticatedState({
          store: testStore(new Map(), (run) => void waiting.push(run)),
          prefix: noBytes,
          defer: (run) => void waiting.push(run),
          pageCacheBytes: random.chance(0.5) ? 1 : 1e6,
          valueCacheBytes: 1,
        });
        const models: Model[] = [new Map()];
        const roots: Hash[] = [zeroHash];
        let verified = true;
        let open = false;
        state.open(() => {
          open = true;
        });
        const ask = (): void => {
          const height = random.below(state.current.height + 1);
          const key = `k${random.below(60)}`;
          const name = nameOf(text(key));
          const expected = models[height]?.get(key);
          state.read(name, height, (_, value) => {
            verified &&=
              expected === undefined ? value === undefined : value !== undefined && equalBytes(value, expected);
          });
          proveName(state, name, height, (_, proof) => {
            verified &&= verifyStateProof(roots[height] as Hash, text(key), expected, proof);
          });
        };
        const runOne = (): void => waiting.splice(random.below(waiting.length), 1)[0]?.();
        while (!open) runOne();
        for (const block of blocks) {
          const model: Model = new Map(models[models.length - 1]);
          for (const [key, value] of block) value === undefined ? model.delete(key) : model.set(key, text(value));
          models.push(model);
          roots.push(rootOfModel(model));
          const last = new Map(block);
          const height = models.length - 1;
          let committed = false;
          state.load(
            [...last.keys()].map((key) => nameOf(text(key))),
            (_, held) =>
              state.commit(
                { height, timeMs: 1, outboxRoot: zeroHash, changes: changesOf(held, last), records: [] },
                () => {
                  const end = (): void => {
                    committed = true;
                  };
                  if (random.chance(0.4)) state.handOver(false, end);
                  else end();
                },
              ),
          );
          while (!committed) {
            if (random.chance(0.6)) ask();
            runOne();
          }
          verified &&= state.current.stateRoot === roots[height];
        }
        while (waiting.length > 0) runOne();
        return verified;
      },
    ),
    { numRuns: 60 },
  );
  t.end();
});
