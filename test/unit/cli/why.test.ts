import t from 'tap';
import { explain, type MemberView } from '../../../cli/why.ts';
import type { ChainStatus } from '../../../net/gateway/protocol.ts';

const validators = ['v1', 'v2', 'v3', 'v4'];

function seen(name: string, change: Partial<ChainStatus> = {}): MemberView {
  const status: ChainStatus = {
    chain: 'ab'.repeat(32),
    name: 'main',
    application: 'key-value',
    height: 12,
    execHeight: 12,
    term: 0,
    leader: 'v1',
    life: 'following',
    state: 'ok',
    fenced: false,
    refuses: null,
    missing: [],
    have: 4,
    need: 3,
    since: '2026-01-02T03:04:05.000Z',
    sentence: 'The leader waits for execution.',
    remedy: 'Wait.',
    ...change,
  };
  return { name, status };
}
const failed = (name: string): MemberView => ({
  name,
  status: undefined,
  failure: { message: 'The node ended by itself. A record cannot be read.', remedy: 'Read its log.' },
});
const dead = (name: string): MemberView => ({ name, status: undefined });

function ask(asked: readonly MemberView[]) {
  return explain({
    chain: 'main',
    validators,
    asked,
    revive: (name) => `revive ${name}`,
    fallbackSince: '2026-01-01T00:00:00.000Z',
  });
}

t.test('a chain is explained by what its members say', async (t) => {
  const all = validators.map((name) => seen(name));
  t.match(ask(all), { state: 'ok', missing: [], have: 4, need: 3, height: 12, sentence: /all 4 validators/ });
  t.match(ask(validators.map((name) => seen(name, { state: 'idle' }))), { state: 'idle', sentence: /at rest/ });
  t.match(ask([seen('v1'), seen('v2'), dead('v3'), seen('v4')]), {
    state: 'ok',
    missing: ['v3'],
    have: 3,
    sentence: /goes on without v3/,
    remedy: /revive v3/,
  });
});

t.test('a follower speaks for itself, and says nothing of validators that it is not linked to', async (t) => {
  const follow = (asked: MemberView) =>
    explain({
      ...{ chain: 'main', validators, asked: [asked], follows: true },
      revive: (name) => `psky start --home <${name}>`,
      fallbackSince: '2026-01-01T00:00:00.000Z',
    });
  const view = { have: 2, need: 1, state: 'idle', sentence: 'This node follows.', remedy: 'Nothing to do.' } as const;
  t.match(follow(seen('f1', view)), { ...view, missing: [], height: 12 });
  t.match(follow(dead('f1')), { state: 'halted', have: 0, need: 1, remedy: 'Start it: psky start --home <f1>' });
  t.match(follow(failed('f1')), {
    sentence: /^f1, .* f1 failed: .* A record cannot be read\.$/,
    remedy: /\nf1: Read its log\.$/,
  });
});

t.test('fewer than a quorum is halted, whatever the rest still believe', async (t) => {
  const halted = ask([seen('v1'), dead('v2'), dead('v3'), seen('v4', { height: 13 })]);
  t.match(halted, { state: 'halted', missing: ['v2', 'v3'], have: 2, need: 3, height: 13 });
  t.match(halted.sentence, /v2 and v3 are missing, 2 of 4 validators remain and 3 are needed/);
  t.match(halted.remedy, /^Bring back v2: revive v2$/, 'one is enough');
  t.match(ask(validators.map(dead)), { state: 'halted', have: 0, need: 3, since: '2026-01-01T00:00:00.000Z' });
});

t.test('one node alone speaks for the rest by its links', async (t) => {
  t.match(ask([seen('v1', { state: 'halted', missing: ['v3', 'v4'] })]), {
    state: 'halted',
    missing: ['v3', 'v4'],
    have: 2,
  });
  t.match(ask([seen('v1')]), { state: 'ok', have: 4 });
});

t.test('a member that runs without the chain takes no part, and says what helps', async (t) => {
  const stopped = (name: string): MemberView =>
    seen(name, { state: 'halted', have: 0, sentence: 'It failed twice.', remedy: 'Restart the node.' });
  t.match(ask([stopped('v1'), ...['v2', 'v3', 'v4'].map((name) => seen(name, { state: 'idle' }))]), {
    ...{ state: 'idle', missing: ['v1'], have: 3, sentence: /goes on without v1/ },
    remedy: 'v1: Restart the node.',
  });
  t.match(ask([stopped('v1'), dead('v2'), stopped('v3'), seen('v4')]), {
    ...{ state: 'halted', missing: ['v1', 'v2', 'v3'], have: 1, sentence: /v1, v2 and v3 are missing, 1 of 4/ },
    remedy: 'Bring back v2: revive v2 v1: Restart the node. v3: Restart the node.',
  });
  t.match(ask([stopped('v1')]), { state: 'halted', sentence: 'It failed twice.', remedy: 'Restart the node.' });
});

t.test('a member that failed by itself says why and what to do, in every state', async (t) => {
  const beside = ask([seen('v1'), seen('v2'), failed('v3'), seen('v4')]);
  t.match(beside, { state: 'ok', missing: ['v3'], sentence: /v3 failed: .* A record cannot be read\.$/ });
  t.match(beside.remedy, /^Bring back v3: revive v3\nv3: Read its log\.$/);
  t.match(ask([seen('v1'), failed('v2'), dead('v3'), seen('v4')]), { state: 'halted', sentence: /v2 failed: / });
  t.match(ask([failed('v1'), dead('v2'), dead('v3'), dead('v4')]), { have: 0, sentence: /v1 failed: /, remedy: /log/ });
});

t.test('divergence, fencing and slowness name their members and reasons', async (t) => {
  const rest = [seen('v2'), seen('v3'), seen('v4')];
  t.match(ask([seen('v1', { state: 'diverged', sentence: 'The chain stopped at height 7.' }), ...rest]), {
    state: 'diverged',
    missing: ['v1'],
    sentence: /v1 computed .* v1: The chain stopped at height 7\.$/,
  });
  t.match(ask([seen('v1', { state: 'fenced', fenced: true }), ...rest]), {
    state: 'fenced',
    have: 3,
    sentence: /v1 is fenced/,
  });
  t.match(ask([seen('v1', { state: 'fenced', fenced: true }), dead('v2'), seen('v3'), seen('v4')]), {
    ...{ state: 'halted', missing: ['v1', 'v2'], remedy: 'Bring back v2: revive v2' },
    sentence: /v1 and v2 are missing, .* v1 is fenced and signs nothing\.$/,
  });
  const slow = ask(validators.map((name) => seen(name, { state: 'slow' })));
  t.match(slow, { state: 'slow', sentence: 'The leader waits for execution.', remedy: 'Wait.' });
  const [one, two] = [seen('v1', { state: 'slow' }), seen('v2', { state: 'halted' })];
  t.match(ask([one, two, seen('v3', { state: 'halted' }), seen('v4')]), { state: 'slow' }, 'most see trouble');
  t.match(ask([one, two, seen('v3'), seen('v4')]), { state: 'ok' }, 'most see none');
});

t.test('members that run without links to the others are named, and not to be started again', async (t) => {
  const sees = (name: string, missing: readonly string[], change: Partial<ChainStatus> = {}) =>
    seen(name, { missing: [...missing], ...change });
  const alone = sees('v3', ['v1', 'v2', 'v4'], { state: 'halted', have: 1 });
  const cut = ask([sees('v1', ['v3']), sees('v2', ['v3']), alone, sees('v4', ['v3'])]);
  t.match(cut, { state: 'ok', missing: ['v3'], have: 3, sentence: /without v3: 3 of 4 .* v3 runs, but has no link/ });
  t.equal(cut.remedy, 'Check the network between v3 and the others.');

  const halted = ask([sees('v1', ['v2', 'v3']), dead('v2'), alone, sees('v4', ['v2', 'v3'])]);
  t.match(halted, { state: 'halted', missing: ['v2', 'v3'], have: 2, sentence: /v3 runs, but has no link/ });
  t.match(halted.remedy, /^Bring back v2: revive v2$/);

  const fenced = { fenced: true, have: 0 };
  const fencedAlone = sees('v3', ['v1', 'v2', 'v4'], { state: 'halted', ...fenced });
  t.match(ask([sees('v1', ['v3']), sees('v2', ['v3']), fencedAlone, sees('v4', ['v3'])]), {
    ...{ state: 'fenced', missing: ['v3'], have: 3, sentence: /v3 is fenced: .* v3 runs, but has no link/ },
    remedy: /^Check the network between v3 and the others\. Let it follow, /,
  });

  const seven = explain({
    ...{ chain: 'main', validators: [...validators, 'v5', 'v6', 'v7'], fallbackSince: '' },
    asked: [...validators.map((name) => seen(name)), dead('v5'), seen('v6', fenced), seen('v7')],
    revive: (name) => `revive ${name}`,
  });
  t.match(seven, { state: 'fenced', missing: ['v5', 'v6'], sentence: /goes on without v5; v6 is fenced/ });
  t.match(seven.remedy, /^Bring back v5: revive v5 Let it follow, /);

  const oneLink = ask([sees('v1', ['v2']), sees('v2', ['v1']), seen('v3'), seen('v4')]);
  t.match(oneLink, { state: 'ok', missing: [], have: 4 }, 'one link that is down leaves everybody in');
});

t.test('a member whose disk is almost full says so', async (t) => {
  const full = ask([seen('v1'), seen('v2', { refuses: 'low-disk' }), seen('v3'), seen('v4')]);
  t.match(full, {
    state: 'ok',
    missing: [],
    sentence: /all 4 validators take part\. v2 takes no new commands: .*disk/,
  });
  t.match(full.remedy, /^Nothing to do\.\nv2: .*space/);
});
