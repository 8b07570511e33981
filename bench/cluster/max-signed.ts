// The highest rate of puts that are signed one by one, each verified by all four validators of this machine.
// `node dist/bench/cluster/max-signed.js [searches] [seconds of a try] [seconds at the median]`; up to six minutes a search.

import { tellHighestRate } from '../support/highest-rate.ts';

await tellHighestRate({ name: 'signed puts of 200 B', unit: 'commands/s', words: ['--mode', 'signed'] });
