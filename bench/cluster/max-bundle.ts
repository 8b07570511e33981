// The highest rate of puts in signed bundles of 100 over 10⁴ keys, executed by all four validators of this machine.
// `node dist/bench/cluster/max-bundle.js [searches] [seconds of a try] [seconds at the median]`; up to six minutes a search.

import { tellHighestRate } from '../support/highest-rate.ts';

await tellHighestRate({ name: 'puts in bundles of 100', unit: 'puts/s', words: ['--mode', 'bundle'] });
