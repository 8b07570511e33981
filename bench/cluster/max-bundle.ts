// The highest rate of puts in signed bundles of 100 over 10⁴ keys, executed by all four validators of this machine.
// `node dist/bench/cluster/max-bundle.js`; takes up to four minutes.

import { tellMax, withDevnet } from '../support/devnet.ts';

await withDevnet((devnet) => tellMax(devnet, 'puts in bundles of 100', 'puts/s', '--mode', 'bundle'));
