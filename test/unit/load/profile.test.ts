import { Session } from 'node:inspector';
import t from 'tap';
import { type CpuProfile, timesByRoom } from '../../../bench/load/profile/by-room.ts';
import { summariseProfiles } from '../../../bench/load/profile/profiler.ts';
import { placeOf } from '../../../bench/load/profile/rooms.ts';
import { sha256Hex } from '../../../lib/hash.ts';

const own = 'file:///opt/net/consensus/dist';
const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 0 });

t.test('functions belong to the room of their file, whatever the clone is called', async (t) => {
  for (const [url, name, place] of [
    [`${own}/consensus/core/step.js`, 'step', 'consensus'],
    [`${own}/actors/system.js`, 'run', 'actors'],
    [`${own}/actors/drivers/native-sha256.js`, 'digest', 'crypto'],
    [`${own}/lib/suites/sodium.js`, 'verify', 'crypto'],
    [`${own}/lib/codec.js`, 'encode', 'lib'],
    [`${own}/drivers.js`, 'launchNode', 'other'],
    ['file:///opt/net/node_modules/sodium-native/index.js', 'crypto_sign_detached', 'crypto'],
    ['file:///opt/net/node_modules/rocksdb/leveldown.js', '_batch', 'storage'],
    ['file:///opt/net/node_modules/ws/lib/receiver.js', 'getInfo', 'net'],
    ['node:internal/stream_base_commons', 'writevGeneric', 'node internals'],
    ['', '(garbage collector)', 'gc'],
    ['', '(program)', 'native'],
    ['', '(idle)', 'idle'],
    ['', 'oneShotDigest', 'crypto'],
    ['', 'writev', 'caller'],
  ] as const) {
    t.equal(placeOf({ functionName: name, url }), place, `${name} ${url}`);
  }
});

/** root → step (consensus) → native code without a name; idle; each sample lasts 1 ms */
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 4] },
    { id: 2, callFrame: frame('step', `${own}/consensus/core/step.js`), children: [3] },
    { id: 3, callFrame: frame('') },
    { id: 4, callFrame: frame('(idle)') },
  ],
  startTime: 0,
  endTime: 10_000,
  samples: [4, 4, 2, 3, 3, 4, 2, 2, 4, 4],
  timeDeltas: Array.from({ length: 10 }, () => 1_000),
};

t.test('self time is summed by room within the window, and native code is its caller’s', async (t) => {
  const whole = timesByRoom(profile, { from: 0, to: 20_000 });
  t.equal(whole.us.consensus, 5_000);
  t.equal(whole.windowUs, 9_000);
  t.match(whole.functions, [
    { name: 'step', place: 'consensus/core/step.js:1', us: 3_000 },
    { name: 'step (native)', us: 2_000 },
  ]);
  const end = timesByRoom(profile, { from: 6_000, to: 20_000 });
  t.equal(end.us.consensus, 2_000, 'what came before the window does not count');
});

t.test('shares are the samples’, and cores are what the kernel counted', async (t) => {
  const raw = { name: 'v1', startedMs: 1_000, profile, use: { cores: 0.5, mainCores: 0.4 } };
  const { rooms } = summariseProfiles([raw, { ...raw, name: 'v2' }], { fromMs: 1_000, toMs: 1_020 });
  t.match(
    rooms.filter(({ share }) => share > 0),
    [
      { room: 'consensus', cores: 0.8, share: 0.8 },
      { room: 'other threads', cores: 0.2, share: 0.2 },
    ],
  );
});

t.test('a profile of this very process names its rooms', async (t) => {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  const until = Date.now() + 300;
  let text = new Uint8Array(1_000);
  while (Date.now() < until) text = new TextEncoder().encode(sha256Hex(text).repeat(20));
  const taken = await new Promise<CpuProfile>((resolve) => {
    session.post('Profiler.stop', (_, { profile: stopped }) => resolve(stopped as CpuProfile));
  });
  session.disconnect();
  const { us, windowUs } = timesByRoom(taken, { from: 0, to: Number.POSITIVE_INFINITY });
  t.ok(windowUs > 200_000, `${windowUs} µs`);
  t.ok(us.crypto > 0, JSON.stringify(us));
});
