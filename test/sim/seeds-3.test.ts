import t from 'tap';
import { runSeeds } from './seeds.ts';

t.setTimeout(0);
t.test('validators under all faults keep every invariant, seeds 101 to 150', async (t) => runSeeds(t, 101, 50));
