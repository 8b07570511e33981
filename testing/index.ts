// For app authors' own tests of choreographies, in any test runner: `import { testNetwork } from 'privatesky/testing'`.

export type { Coverage } from './coverage.ts';
export { type Exploration, type ExploreOptions, explore } from './explore.ts';
export type { FaultCounts, FaultName, Faults } from './faults.ts';
export { type TestNetwork, type TestNetworkOptions, testNetwork } from './test-network.ts';
