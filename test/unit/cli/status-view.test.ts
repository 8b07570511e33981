import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { type MemberFacts, renderStatus, type StatusFacts } from '../../../cli/status-view.ts';
import { formatAge, paint } from '../../../cli/terminal.ts';

const now = Date.parse('2026-01-02T03:10:05.000Z');
const plain = { coloured: false, columns: Number.POSITIVE_INFINITY };

function member(name: string, change: Partial<MemberFacts> = {}): MemberFacts {
  const facts = { name, role: 'validator', state: 'idle', height: 1_204, lag: 0, term: 2, leader: 'v2' } as const;
  const rest = { diskBytes: 3.25 * 1024 * 1024, restarts: 0, upMs: 200_000, rpc: 'http://127.0.0.1:27651' };
  return { ...facts, ...rest, ...change };
}

const down = { state: 'down', height: null, lag: null, term: null, leader: null, upMs: null, rpc: null } as const;
const facts: StatusFacts = {
  state: 'ok',
  sentence: 'Chain main at height 1204 goes on without v3: 3 of 4 validators take part and 3 are needed.',
  remedy: 'Bring back v3: psky dev revive v3',
  since: '2026-01-02T03:04:05.000Z',
  freeBytes: 5 * 1024 ** 3,
  members: [
    member('v1', { rpc: 'http://127.0.0.1:27651' }),
    member('v2', { rpc: 'http://127.0.0.1:27661', restarts: 2 }),
    member('v3', { ...down, diskBytes: 512, restarts: null }),
    member('f10', { role: 'follower', state: 'slow', height: 1_190, lag: 14, rpc: 'http://127.0.0.1:27681' }),
  ],
};

t.test('people see the sentence, what helps, aligned columns, and the whole', async (t) => {
  t.equal(
    renderStatus(facts, plain, now),
    `● Chain main at height 1204 goes on without v3: 3 of 4 validators take part and 3 are needed.
Bring back v3: psky dev revive v3

member  role       state  height  lag  term     disk  restarts     up  rpc
v1      validator  idle     1204    0     2  3.3 MiB         0  3 min  27651
v2      leader     idle     1204    0     2  3.3 MiB         2  3 min  27661
v3      validator  down        –    –     –    512 B         –      –  –
f10     follower   slow     1190   14     2  3.3 MiB         0  3 min  27681

ok for 6 min, 5.0 GiB of disk free, http://127.0.0.1:27651`,
  );
});

t.test('colours say how things are and move no column', async (t) => {
  const coloured = { coloured: true, columns: Number.POSITIVE_INFINITY };
  const text = renderStatus(facts, coloured, now);
  t.equal(stripVTControlCharacters(text), renderStatus(facts, plain, now));
  t.match(text, paint(coloured, 'green', '●'));
  t.match(text, paint(coloured, 'red', 'down'));
  t.match(text, paint(coloured, 'yellow', 'slow'));
  t.match(text, paint(coloured, 'yellow', '14'), 'a lag');
  for (const state of ['halted', 'diverged'])
    t.match(renderStatus({ ...facts, state }, coloured, now), paint(coloured, 'red', '●'));
  t.match(renderStatus({ ...facts, state: 'fenced' }, coloured, now), paint(coloured, 'yellow', '●'));
});

t.test('sentences are wrapped at words, and 80 columns hold the table', async (t) => {
  const lines = renderStatus(facts, { coloured: false, columns: 80 }, now).split('\n');
  t.same(
    lines.filter((line) => line.length > 80),
    [],
  );
  t.equal(lines[0], '● Chain main at height 1204 goes on without v3: 3 of 4 validators take part and');
});

t.test('the leader is that of the highest term; nobody leads where nobody answers', async (t) => {
  const members = [member('v1', { term: 3, leader: 'v3' }), member('v2'), member('v3', down)];
  t.match(renderStatus({ ...facts, members }, plain, now), /^v3 +leader +down/m);
  const silent = [member('v1', down), member('v2', down)];
  t.notMatch(renderStatus({ ...facts, members: silent }, plain, now), 'leader');
  const still = renderStatus({ ...facts, remedy: 'Nothing to do.', since: '' }, plain, now);
  t.notMatch(still, 'Nothing to do');
  t.match(still, /^ok, 5\.0 GiB/m, 'no age where nobody knows since when');
});

t.test('ages are in the greatest unit that fits', async (t) => {
  const ages = [-5, 0, 59_999, 60_000, 3_599_000, 3_600_000, 86_399_000, 86_400_000, 9 * 86_400_000];
  t.same(ages.map(formatAge), ['0 s', '0 s', '59 s', '1 min', '59 min', '1 h', '23 h', '1 d', '9 d']);
});
