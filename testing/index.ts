// For app authors' own tests of choreographies, in any test runner: `import { testNetwork } from 'privatesky/testing'`.

export { type TestNetwork, type TestNetworkOptions, testNetwork } from './test-network.ts';
