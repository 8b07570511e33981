// The highest rate of puts that are signed one by one, each verified by all four validators of this machine.
// `node dist/bench/cluster/max-signed.js`; takes up to four minutes.

import { tellMax, withDevnet } from '../support/devnet.ts';

await withDevnet((devnet) => tellMax(devnet, 'signed puts of 200 B', 'commands/s', '--mode', 'signed'));
