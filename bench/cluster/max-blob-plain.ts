// The same as max-blob on a network whose validators do not encrypt what they send each other: what TLS costs.
// `node dist/bench/cluster/max-blob-plain.js [searches] [seconds of a try] [seconds at the median]`

import { tellHighestRate } from '../support/highest-rate.ts';

await tellHighestRate({
  name: 'opaque commands of 512 B, plain links',
  unit: 'commands/s',
  words: ['--mode', 'blob'],
  network: ['--peer-tls', 'off'],
});
