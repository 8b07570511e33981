// The highest rate of opaque commands of 512 bytes that four validators on this machine order with p99 below a second.
// `node dist/bench/cluster/max-blob.js`; takes up to four minutes.

import { tellMax, withDevnet } from '../support/devnet.ts';

await withDevnet((devnet) => tellMax(devnet, 'opaque commands of 512 B', 'commands/s', '--mode', 'blob'));
