// Profiles validators while a run goes on: each samples itself and hands its samples over at the end, through the admin
// socket of its home (cli/profiling.ts is the other end).

import { type AdminClient, connectAdmin } from '../../../net/drivers/admin-client.ts';
import type { Target } from '../generator.ts';
import { type CpuProfile, timesByRoom } from './by-room.ts';
import { type Room, rooms } from './rooms.ts';

export interface ProfiledTarget extends Target {
  /** folder of the validator's home */
  readonly home: string;
}

export interface RawProfile {
  readonly name: string;
  /** when the first sample was taken, milliseconds since 1970 */
  readonly startedMs: number;
  readonly profile: CpuProfile;
}

interface Running {
  readonly name: string;
  readonly client: AdminClient;
  readonly startedMs: number;
  readonly finished: Promise<CpuProfile>;
}

/** The validators that are being profiled. */
export class Profiler {
  readonly #running: readonly Running[];

  private constructor(running: readonly Running[]) {
    this.#running = running;
  }

  /** @throws an AdminFailure when a validator refuses: somebody else profiles it, or it is gone */
  static async start(targets: readonly ProfiledTarget[]): Promise<Profiler> {
    return new Profiler(await Promise.all(targets.map(startOne)));
  }

  /** @returns one for each validator that still lives */
  async stop(): Promise<readonly RawProfile[]> {
    const raw = this.#running.map(async ({ name, client, startedMs, finished }) => {
      try {
        await client.call('profile-stop');
        return { name, startedMs, profile: await finished };
      } catch {
        return undefined; // it died during the run, and its samples with it
      } finally {
        client.close();
      }
    });
    return (await Promise.all(raw)).filter((each) => each !== undefined);
  }
}

async function startOne(target: ProfiledTarget): Promise<Running> {
  const client = await connectAdmin(target.home);
  return new Promise((resolve, reject) => {
    let deliver: (profile: CpuProfile) => void = () => {};
    let fail: (error: Error) => void = () => {};
    const finished = new Promise<CpuProfile>((resolveProfile, rejectProfile) => {
      deliver = resolveProfile;
      fail = rejectProfile;
    });
    finished.catch(() => {}); // told by `stop`
    const each = (event: unknown): void => {
      const { startedMs, profile } = event as { startedMs?: number; profile?: CpuProfile };
      if (startedMs !== undefined) resolve({ name: target.name, client, startedMs, finished });
      if (profile !== undefined) deliver(profile);
    };
    client.follow('profile-start', {}, each, (error) => {
      const failure = new Error(error?.message ?? 'the profile ended without its samples');
      fail(failure);
      reject(failure);
    });
  });
}

export interface RoomShare {
  readonly room: Room | 'other threads';
  /** cores that it took, over all validators */
  readonly cores: number;
  /** of the CPU of all of them, 0 to 1 */
  readonly share: number;
}

export interface ProfileSummary {
  readonly validators: readonly string[];
  readonly rooms: readonly RoomShare[];
  /** functions with the most self time, over all validators */
  readonly functions: readonly { readonly name: string; readonly place: string; readonly share: number }[];
}

const shownFunctions = 25;

/**
 * A sample tells where a thread is, not whether a core runs it: on a machine with fewer cores than threads that want one,
 * samples of four validators add up to more cores than there are. Shares are the samples'; how much they are shares of
 * is what the kernel counted, where it tells.
 *
 * @param profiles use: of the process in the window; its other threads write files, compress and look up names
 * @param window milliseconds since 1970
 */
export function summariseProfiles(
  profiles: readonly (RawProfile & { readonly use?: { readonly cores: number; readonly mainCores: number } })[],
  window: { readonly fromMs: number; readonly toMs: number },
): ProfileSummary {
  const cores = new Map<RoomShare['room'], number>();
  const functions = new Map<string, { name: string; place: string; cores: number }>();
  for (const { startedMs, profile, use } of profiles) {
    const within = { from: (window.fromMs - startedMs) * 1000, to: (window.toMs - startedMs) * 1000 };
    const times = timesByRoom(profile, within);
    const busyUs = rooms.reduce((sum, room) => sum + times.us[room], 0);
    const coresPerUs = busyUs === 0 ? 0 : (use?.mainCores ?? busyUs / times.windowUs) / busyUs;
    for (const room of rooms) cores.set(room, (cores.get(room) ?? 0) + times.us[room] * coresPerUs);
    const others = use === undefined ? 0 : Math.max(0, use.cores - use.mainCores);
    cores.set('other threads', (cores.get('other threads') ?? 0) + others);
    for (const { name, place, us } of times.functions) {
      const known = functions.get(`${name} ${place}`) ?? { name, place, cores: 0 };
      known.cores += us * coresPerUs;
      functions.set(`${name} ${place}`, known);
    }
  }
  const all = [...cores.values()].reduce((sum, each) => sum + each, 0);
  const share = (part: number): number => round(all === 0 ? 0 : part / all);
  const hottest = [...functions.values()].sort((a, b) => b.cores - a.cores).slice(0, shownFunctions);
  return {
    validators: profiles.map(({ name }) => name),
    rooms: [...cores].map(([room, own]) => ({ room, cores: round(own), share: share(own) })),
    functions: hottest.map(({ name, place, cores: own }) => ({ name, place, share: share(own) })),
  };
}

const round = (value: number): number => Math.round(value * 10_000) / 10_000;
