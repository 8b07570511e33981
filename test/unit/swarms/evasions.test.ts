import t from 'tap';
import { z } from 'zod';
import { readSource } from '../../../swarms/source/index.ts';

// Ways round the check, as JavaScript would allow them: each is seen, or refused as unreadable.

/** @param run of the answerer, which may not see `limit` */
const processWith = (run: string, before = ''): string => `
import { agent, chain, end, only, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';
${before}
const p = swarm('test/evasion@1', {
  roles: { asker: agent(), answerer: agent() },
  state: { limit: only('asker', z.number()), answer: shared(z.number()) },
});
export const evasion = p.phases('ask', {
  ask: p.at('asker', { next: ['answer'], run: ({ go }) => go.answer() }),
  answer: p.at('answerer', { next: ['done'], ${run} }),
  done: end('ok'),
});
`;

const codesOf = (text: string): readonly string[] => [
  ...new Set(readSource('evasion.swarm.js', text).diagnostics.map((each) => each.code)),
];

t.test('a hidden variable is found however it is reached', async (t) => {
  const seen = [
    'run: (turn) => { turn.answer = turn.state.limit; return turn.go.done(); }',
    "run: ({ state, go }) => { state.answer = state['limit']; return go.done(); }",
    'run: ({ state, go }) => { state.answer = state?.limit; return go.done(); }',
    'run: ({ state: { limit }, go }) => (limit > 3 ? go.done() : go.done())',
    'run: ({ state: s, go }) => { const { limit: l } = s; s.answer = l; return go.done(); }',
    "run: ({ state, go }) => { const { ['limit']: l } = state; state.answer = l; return go.done(); }",
    'run: ({ state, go }) => { const { answer, ...rest } = state; state.answer = rest.limit; return go.done(); }',
    'run: ({ ...all }) => { all.state.answer = all.state.limit; return all.go.done(); }',
    'run: ({ state, go }) => { const f = () => { const a = b; return a.limit; }; const b = state; f(); return go.done(); }',
    'run: ({ state, go }) => { let { limit } = state; return go.done(); }',
    'run({ state, go }) { state.answer = (state).limit; return go.done(); }',
    'run: ({ go }) => go.done(), undo: ({ state }) => { console.log(state.limit); }',
  ];
  for (const run of seen) t.match(codesOf(processWith(run)), ['PSKY-6014'], run);
  const written = [
    'run: ({ state, go }) => { [state.limit] = [3]; return go.done(); }',
    'run: ({ state, go }) => { ({ a: state.limit } = { a: 3 }); return go.done(); }',
    'run: ({ state, go }) => { for (state.limit of [3]); return go.done(); }',
    'run: ({ state, go }) => { delete state.limit; return go.done(); }',
    'run: ({ state, go }) => { (state.limit) = 3; return go.done(); }',
  ];
  for (const run of written) t.strictSame(codesOf(processWith(run)), ['PSKY-6015'], run);
});

t.test('what cannot be followed is refused', async (t) => {
  const refused = [
    "run: ({ state, go }) => { const key = 'limit'; state.answer = state[key]; return go.done(); }",
    "run: ({ state, go }) => { const key = 'limit'; const { [key]: l } = state; return go.done(l); }",
    'run: ({ state, go }) => { state.answer = Object.values(state)[0]; return go.done(); }',
    'run: ({ state, go }) => { const all = { ...state }; return go.done(all); }',
    'run: ({ state, go }) => { let s; s = state; return go.done(s.limit); }',
    'run: ({ state, go }, s = state) => go.done(s.limit)',
    'run: ([state, go]) => go.done(state.limit)',
    'run: (...turns) => turns[0].go.done()',
    'run: function ({ go }) { return go.done(arguments[0].state.limit); }',
    "run: ({ state, go }) => { eval('state.limit'); return go.done(); }",
    'run: ({ state, go }) => { const f = (s) => s.limit; f(state); return go.done(); }',
    "run: ({ go }) => { const to = 'done'; return go[to](); }",
    "run: ({ go }) => { const f = go.fork({ a: 'done' }); return f.join('done'); }",
    'run: helper',
    'run: ({ go }) => go.done(), undo: ({ go }) => go.done()',
    'run: ({ go }) => go.done(), get deadline() { return 3; }',
    "run: ({ go }) => go.done(), onError: 'done', onError: 'ask'",
    'run: ({ go }) => go.done(), maxTimes: 0',
    'run: ({ go }) => go.done(), deadline: later',
    'run: ({ go }) => go.done(), wait: 3',
  ];
  for (const run of refused) {
    const before = "import { helper } from './helper.js';";
    t.strictSame(codesOf(processWith(run, before)), ['PSKY-6001'], run);
  }
});

t.test('parties share no variable of the module', async (t) => {
  const keeping = 'run: ({ state, go }) => { state.answer = kept; return go.done(); }';
  t.strictSame(codesOf(processWith(keeping, 'let kept = 1;')), ['PSKY-6028']);
  t.strictSame(codesOf(processWith(keeping, 'const kept = 1;')), []);
  const own = 'run: ({ state, go }) => { let kept = 2; state.answer = kept; return go.done(); }';
  t.strictSame(codesOf(processWith(own, 'let kept = 1;')), [], 'its own is another');
});

t.test('inputs are given where they are taken, and only there', async (t) => {
  const given = processWith('run: ({ go }) => go.done()').replace('go.answer()', 'go.answer(3)');
  t.strictSame(codesOf(given), ['PSKY-6021']);
  const taken = processWith('input: z.number(), run: ({ go }) => go.done()');
  t.strictSame(codesOf(taken), ['PSKY-6021']);
  t.strictSame(codesOf(taken.replace('go.answer()', 'go.answer(3)')), []);
});

t.test('no process of a file is passed over', async (t) => {
  const right = processWith('run: ({ go }) => go.done()');
  t.strictSame(codesOf(right), []);
  t.strictSame(codesOf(right.replace('const p =', 'let p =')), ['PSKY-6001'], 'a builder that may change');
  const second = right.replace(
    'export const evasion',
    'const q = swarm("test/second@1", { roles: {}, state: {} });\nexport const evasion',
  );
  t.strictSame(codesOf(second), ['PSKY-6001'], 'a head without phases');
  t.strictSame(codesOf(right.replace("answer: p.at('answerer'", "__proto__: p.at('answerer'")), ['PSKY-6001']);
  t.strictSame(codesOf(right.replaceAll('answer:', '__answer:')).includes('PSKY-6002'), true);
});

const chainProcess = (run: string, before = '', schema = 'z.string()'): string => `
import { agent, chain, end, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';
import { fee } from './fee.js';
${before}
const p = swarm('test/chain@1', {
  roles: { asker: agent(), ledger: chain('main') },
  state: { note: shared(${schema}) },
});
export const recording = p.phases('ask', {
  ask: p.at('asker', { next: ['record'], run: ({ go }) => go.record() }),
  record: p.at('ledger', { next: ['done'], run: ({ state, ledger, go }) => { ${run} return go.done(); } }),
  done: end('ok'),
});
`;

t.test('a phase on a chain calls nothing that differs between validators', async (t) => {
  const differing: readonly (readonly [run: string, before?: string])[] = [
    ['ledger.note(new Date());'],
    ['ledger.note(Math.random());'],
    ['ledger.note(Math.sin(1));'],
    ['const { random } = Math; ledger.note(random());'],
    ["ledger.note(Math['random']());"],
    ["ledger.note(state.note.localeCompare('a'));"],
    ['ledger.note(/a+/.test(state.note));'],
    ["ledger.note(new RegExp('a').test(state.note));"],
    ['ledger.note(process.pid);'],
    ['ledger.note(globalThis.Date);'],
    ['ledger.note(import.meta.url);'],
    ["import('./other.js');"],
    ['ledger.note(new Error().stack);'],
    ['setTimeout(() => {}, 1);'],
    ['ledger.note(fee(state.note));'],
    ['ledger.note(now());', 'const now = () => Date.now();'],
    ['ledger.note(now());', 'function now() { return later(); }\nfunction later() { return performance.now(); }'],
    ['ledger.note(rates.now());', 'const rates = { now: () => Date.now() };'],
  ];
  for (const [run, before] of differing)
    t.strictSame(codesOf(chainProcess(run, before)), ['PSKY-6023'], `${before} ${run}`);
  const alike: readonly (readonly [run: string, before?: string])[] = [
    ['ledger.note(Math.max(1, 2) + Math.PI);'],
    ['ledger.note({ Date: 1, process: 2 });'],
    ['ledger.note(ledger.process.Date);'],
    ['ledger.note(twice(2));', 'const twice = (x) => 2 * x;'],
    ['ledger.note(fact(5));', 'function fact(n) { return n < 2 ? 1 : n * fact(n - 1); }'],
  ];
  for (const [run, before] of alike) t.strictSame(codesOf(chainProcess(run, before)), [], run);
  const waiting = chainProcess('').replace('run: ({ state, ledger, go }) =>', 'run: async ({ state, ledger, go }) =>');
  t.strictSame(codesOf(waiting), ['PSKY-6023']);
});

t.test('the check says of a schema what zod says of it', async (t) => {
  const schemas = [
    ...['z.string()', 'z.number()', 'z.boolean()', 'z.null()', 'z.any()', 'z.unknown()', 'z.email()', 'z.uuid()'],
    ...['z.int()', 'z.int32()', "z.literal('a')", "z.enum(['a', 'b'])", 'z.string().min(1).max(9)', 'z.never()'],
    ...['z.array(z.string())', 'z.tuple([z.string(), z.number()])', 'z.record(z.string(), z.number())'],
    ...['z.object({ date: z.string() })', 'z.strictObject({ a: z.number().optional() })', 'z.string().nullable()'],
    ...['z.union([z.string(), z.number()])', 'z.iso.datetime()', 'z.base64()', "z.templateLiteral(['a', z.number()])"],
    ...['z.date()', 'z.bigint()', 'z.int64()', 'z.uint64()', 'z.symbol()', 'z.undefined()', 'z.void()', 'z.nan()'],
    ...['z.map(z.string(), z.string())', 'z.set(z.string())', 'z.custom()', 'z.instanceof(Map)'],
    ...[
      'z.string().transform((x) => x.length)',
      'z.object({ at: z.date() })',
      'z.array(z.bigint())',
      'z.coerce.date()',
    ],
    ...['z.object({ a: z.object({ b: z.set(z.string()) }) })'],
  ];
  for (const text of schemas) {
    const schema = new Function('z', `return ${text};`)(z) as z.ZodType;
    let expressible = true;
    try {
      z.toJSONSchema(schema);
    } catch {
      expressible = false;
    }
    const codes = codesOf(chainProcess('ledger.note(state.note);', '', text));
    t.strictSame(codes, expressible ? [] : ['PSKY-6024'], text);
  }
  // zod writes a JSON Schema for these that lets other values through
  for (const text of [
    'z.string().refine((x) => x > "a")',
    'z.string().check(z.minLength(1))',
    'z.string().superRefine(() => {})',
    'z.preprocess((x) => x, z.string())',
    'z.promise(z.string())',
    'z.file()',
  ])
    t.strictSame(codesOf(chainProcess('ledger.note(state.note);', '', text)), ['PSKY-6024'], text);
  const elsewhere = chainProcess('ledger.note(state.note);', "import { note } from './schemas.js';", 'note');
  t.strictSame(codesOf(elsewhere), ['PSKY-6024'], 'a schema in another file');
});

t.test('a program that is nested without end is refused', async (t) => {
  for (const text of [
    '('.repeat(50_000),
    `const x = ${'['.repeat(20_000)}${']'.repeat(20_000)};`,
    `const x = ${'!'.repeat(20_000)}1;`,
    `const x = ${'a?b:'.repeat(50_000)}1;`,
    `const x = a${'.a'.repeat(100_000)};`,
    `const x = ${'1+'.repeat(100_000)}1;`,
  ])
    t.strictSame(codesOf(text), ['PSKY-6001'], text.slice(0, 30));
});
