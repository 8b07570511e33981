import t from 'tap';
import { runSeeds } from './seeds.ts';

t.setTimeout(0);
t.test('validators under all faults keep every invariant, seeds 151 to 200', async (t) => runSeeds(t, 151, 50));

// the first pruning of a journal: the archive claimed blocks whose records were gone
t.test('validators under all faults keep every invariant, seed 40174', async (t) => runSeeds(t, 40_174, 1));

// a commit on another chain of a Byzantine lane: every voter dropped what the next block orders
t.test('validators under all faults keep every invariant, seed 40358', async (t) => runSeeds(t, 40_358, 1));

// a liar on an empty disk: what it wrote passed for a safety record, and its next life, an honest one, signed
t.test('validators under all faults keep every invariant, seed 50201', async (t) => runSeeds(t, 50_201, 1));

// commits on one chain of an equivocating leader moved the window of the other, which had lost
t.test('validators under all faults keep every invariant, seed 60051', async (t) => runSeeds(t, 60_051, 1));

// a node came back with fewer blocks than its earlier life had reported, and nobody offered it a snapshot
t.test('validators under all faults keep every invariant, seed 70354', async (t) => runSeeds(t, 70_354, 1));

// the disk of a validator rots, and is then copied to a second machine
t.test('validators under all faults keep every invariant, seed 92166', async (t) => runSeeds(t, 92_166, 1));
