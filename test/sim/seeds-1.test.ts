import t from 'tap';
import { runSeeds } from './seeds.ts';

t.setTimeout(0);
t.test('validators under all faults keep every invariant, seeds 1 to 50', async (t) => runSeeds(t, 1, 50));
