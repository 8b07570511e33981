import t from 'tap';
import { runSeeds } from './seeds.ts';

t.setTimeout(0);
t.test('validators under all faults keep every invariant, seeds 51 to 100', async (t) => runSeeds(t, 51, 50));
