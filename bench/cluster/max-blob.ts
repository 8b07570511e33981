// The highest rate of opaque commands of 512 bytes that four validators on this machine order with p99 below a second.
// `node dist/bench/cluster/max-blob.js [searches] [seconds of a try] [seconds at the median]`; up to six minutes a search.

import { tellHighestRate } from '../support/highest-rate.ts';

await tellHighestRate({ name: 'opaque commands of 512 B', unit: 'commands/s', words: ['--mode', 'blob'] });
