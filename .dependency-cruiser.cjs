// Who may import whom (docs/architecture.md). Arrows are transitive, and crossing a top-level folder goes through a door:
// its index.ts, or that of a listed subfolder. test/tidy plants a violation of every rule and expects it to be caught.

const rooms = {
  lib: [],
  actors: ['lib'],
  storage: ['lib', 'actors'],
  net: ['lib', 'actors'],
  swarms: ['lib', 'actors'],
  consensus: ['lib', 'actors', 'storage', 'net'],
  ledger: ['lib', 'actors', 'storage', 'net', 'consensus'],
};
/** parts of rooms that clients may use too: pure, and fit for a browser */
const openToClients = ['ledger/commands', 'ledger/proof', 'consensus/certificate', 'consensus/genesis', 'net/gateway'];
const everyRoom = Object.keys(rooms).join('|');
const worldly = '^(cli|web|test|bench|scripts|examples)/|/drivers/|^drivers\\.ts$|^sdk/drivers/';
const doors = [
  '/index\\.ts$',
  '^lib/',
  '^(node|swarm-node|drivers)\\.ts$',
  // modules that declare what a room is, for all to use
  '^[a-z]+/ports\\.ts$',
  '^consensus/application\\.ts$',
  '^(consensus|net)/limits\\.ts$',
  '^net/gateway/(protocol|limits)\\.ts$',
];

const roomRules = Object.entries(rooms).map(([room, mayImport]) => ({
  name: `room-${room}`,
  severity: 'error',
  from: { path: `^${room}/` },
  to: { path: '^[a-z]+(/|\\.ts$)', pathNot: [`^(${[room, ...mayImport].join('|')})/`, '^node_modules/'] },
}));

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'no-cycles',
      comment: 'types may refer to each other, code may not',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'core-is-pure',
      comment: 'the consensus core knows only lib and the forms of its own messages',
      severity: 'error',
      from: { path: '^consensus/core/' },
      to: { path: '^[a-z]+/', pathNot: ['^lib/', '^consensus/(core|certificate|limits\\.ts)', '^node_modules/'] },
    },
    {
      name: 'certificates-are-for-clients',
      severity: 'error',
      from: { path: '^consensus/(certificate|genesis)/' },
      to: {
        path: '^[a-z]+/',
        pathNot: ['^lib/', '^consensus/(certificate|genesis|limits\\.ts)', '^net/ports\\.ts$', '^node_modules/'],
      },
    },
    {
      name: 'sdk-is-for-browsers',
      severity: 'error',
      from: { path: '^sdk/' },
      to: {
        path: '^[a-z]+(/|\\.ts$)',
        pathNot: [`^(lib|sdk|swarms|${openToClients.join('|')})/`, '^node_modules/'],
      },
    },
    {
      name: 'outside-is-for-sdk-only',
      severity: 'error',
      from: { path: '^(web|examples)/' },
      to: { path: '^[a-z]+(/|\\.ts$)', pathNot: ['^(web|examples|sdk)/', '^node_modules/'] },
    },
    {
      name: 'through-the-door',
      comment:
        'another room is entered through its index.ts; drivers are plugged in by drivers.ts, cli, test and bench',
      severity: 'error',
      from: { path: '^([a-z]+)/', pathNot: '^(test|bench|cli|scripts)/' },
      to: { path: '^[a-z]+/', pathNot: ['^$1/', '^node_modules/', ...doors] },
    },
    {
      name: 'cli-through-the-door',
      severity: 'error',
      from: { path: '^cli/' },
      to: { path: `^(${everyRoom}|sdk|sim|bench)/`, pathNot: [...doors, '/drivers/'] },
    },
    {
      name: 'world-only-in-drivers',
      comment: 'everything else stays deterministic and runs in the simulator',
      severity: 'error',
      from: { pathNot: worldly },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'drivers-are-plugged-in',
      comment: 'no room and no node.ts imports a driver; the composition root gets ports',
      severity: 'error',
      from: { path: `^(${everyRoom})/|^node\\.ts$|^sim/|^sdk/`, pathNot: '/drivers/' },
      to: { path: '/drivers/' },
    },
    {
      name: 'worldly-packages-only-in-drivers',
      severity: 'error',
      from: { pathNot: worldly },
      to: {
        path: '(^|/)node_modules/(ws|fastify|@fastify|rocksdb|classic-level|pino|pino-pretty|prom-client|bufferutil)/',
      },
    },
    {
      name: 'tools-only-where-used',
      comment: 'the compiler reads sources and the layout draws; programs that run choreographies load neither',
      severity: 'error',
      from: { pathNot: '^(swarms/(source|diagram)|test|scripts)/' },
      to: { path: '(^|/)node_modules/(typescript|@dagrejs)/' },
    },
    {
      name: 'tools-only-for-the-command-line',
      severity: 'error',
      from: { pathNot: '^(cli|test|bench|scripts)/|^swarms/(source|diagram)/' },
      to: { path: '^swarms/(source|diagram)/' },
    },
    {
      name: 'xstate-only-for-machines',
      severity: 'error',
      from: { pathNot: ['-machine\\.ts$', '^actors/machine\\.ts$', '^test/'] },
      to: { path: '(^|/)node_modules/(xstate|@xstate)/' },
    },
    {
      name: 'one-codec',
      severity: 'error',
      from: { pathNot: ['^lib/(codec|document)\\.ts$', '^test/'] },
      to: { path: '(^|/)node_modules/msgpackr/' },
    },
    {
      name: 'product-needs-no-test',
      severity: 'error',
      from: { pathNot: '^(test|bench|scripts)/' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'no-development-packages',
      severity: 'error',
      from: { pathNot: '^(test|bench|scripts)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.tap)/|^test/(fixtures|corpus)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
    builtInModules: { add: [] },
  },
};
