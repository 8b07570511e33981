// One run of load in whose middle a validator is killed (SIGKILL). It stays away until everything was sent and then comes
// back, because only it can say what became of commands that it alone had accepted. Told is the longest gap between two
// finalities at clients of the validators that lived on: those of the dead one have to find another first, which says how
// fast they reconnect and not how fast the network recovers, so they are told apart.

import { randomBytes } from 'node:crypto';
import { askSupervisor } from '../../cli/dev/supervisor.ts';
import { type DevnetHome, loadGenesis, openHome } from '../../cli/home/home.ts';
import { chainGenesis } from '../../consensus/genesis/index.ts';
import { present } from '../../lib/assert.ts';
import type { TestDevnet } from '../../test/e2e/devnet.ts';
import { type Gap, gapMs, longestGaps } from '../load/gaps.ts';
import { type Calibrations, calibrated, summarise } from '../load/index.ts';
import { type LoadOutcome, type LoadProgress, startLoad } from '../load/run-load.ts';
import { type Leadership, leadershipOf } from './devnet.ts';

export type Role = 'leader' | 'follower';

export interface CrashPlan {
  readonly role: Role;
  /** commands of 512 bytes a second */
  readonly rate: number;
  /** of the measured part; the validator is killed when half of them are over */
  readonly seconds: number;
}

/** Times in milliseconds. */
export interface Crash {
  /** the longest gap of a client whose stream stood, of those that ended after the kill */
  readonly gap: number;
  /** of the network's count of committed commands, after the kill */
  readonly countGap: number;
  /** of a client of the dead validator; null where none had a finality before and after */
  readonly reconnectGap: number | null;
  /** as `gap`, of those that ended before the kill: what is usual at this rate */
  readonly gapBefore: number;
  readonly victim: string;
  readonly termBefore: number;
  readonly termAfter: number;
  readonly offered: number;
  readonly committed: number;
  /** by nodes that took nothing at that moment, with their reasons */
  readonly refused: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly p99: number | null;
  readonly calibration: Calibrations;
}

const chainName = 'bench';
const warmUpSeconds = 2;

/** @throws when a command is lost, or the validator does not come back */
export async function crash(devnet: TestDevnet, plan: CrashPlan): Promise<Crash> {
  const folder = devnet.report?.validators[0]?.home ?? devnet.home;
  const { result, calibration } = await calibrated(folder, () => new CrashRun(devnet, plan).toEnd());
  return { ...result, calibration };
}

interface Kill extends Leadership {
  readonly victim: string;
  /** milliseconds since 1970, just before */
  readonly atMs: number;
}

class CrashRun {
  readonly #devnet: TestDevnet;
  readonly #plan: CrashPlan;
  readonly #home: DevnetHome;
  #killing: Promise<Kill> | undefined;
  #reviving: Promise<Leadership> | undefined;

  constructor(devnet: TestDevnet, plan: CrashPlan) {
    this.#devnet = devnet;
    this.#plan = plan;
    this.#home = openHome(devnet.home) as DevnetHome;
  }

  async toEnd(): Promise<Omit<Crash, 'calibration'>> {
    const { rate, seconds } = this.#plan;
    const { chain } = chainGenesis(loadGenesis(this.#home), chainName);
    const targets = this.#devnet.names.map((name) => ({ name, rpc: this.#devnet.rpcOf(name) }));
    const run = startLoad(
      {
        plan: {
          ...{ mode: 'blob', rate, size: 512, seconds, warmUpSeconds, clients: targets.length, commandsPerEntry: 1 },
          ...{ coalesceMs: 2, createdMs: Date.now(), runId: randomBytes(8).toString('hex') },
        },
        ...{ targets, chain },
        processes: 1, // so that the count of committed commands is one
      },
      (progress) => this.#look(progress, () => run.stop()),
    );
    const outcome = await run.outcome;
    if (this.#killing === undefined) throw new Error('the run was over before anybody was killed');
    const kill = await this.#killing;
    const { term } = await (this.#reviving ??= this.#revive(kill));
    await this.#devnet.untilLevel(chainName);
    return judge(outcome, kill, term);
  }

  #look({ elapsedMs }: LoadProgress, stop: () => void): void {
    const { seconds } = this.#plan;
    if (elapsedMs >= 500 * seconds && this.#killing === undefined) {
      this.#killing = this.#kill();
      this.#killing.catch(stop); // `toEnd` says why
    }
    if (elapsedMs < 1_000 * seconds || this.#reviving !== undefined || this.#killing === undefined) return;
    this.#reviving = this.#killing.then((kill) => this.#revive(kill));
    this.#reviving.catch(stop);
  }

  async #kill(): Promise<Kill> {
    const { names } = this.#devnet;
    const { leader, term } = await leadershipOf(this.#devnet, chainName);
    // not the one that would lead next: a planned change of terms is another matter
    const follower = names[(names.indexOf(leader) + 2) % names.length] as string;
    const victim = this.#plan.role === 'leader' ? leader : follower;
    const atMs = Date.now();
    await askSupervisor(this.#home, 'kill', victim);
    return { victim, leader, term, atMs };
  }

  /** @returns who led when everything was sent */
  async #revive({ victim }: Kill): Promise<Leadership> {
    const survivors = this.#devnet.names.filter((name) => name !== victim);
    const leadership = await leadershipOf(this.#devnet, chainName, survivors);
    await askSupervisor(this.#home, 'revive', victim);
    return leadership;
  }
}

function judge(outcome: LoadOutcome, kill: Kill, termAfter: number): Omit<Crash, 'calibration'> {
  const { counts, lost, unsettled, series, measuredFrom, measuredTo } = outcome;
  if (lost + unsettled > 0) throw new Error(`${lost} commands are lost, ${unsettled} cannot be judged`);
  const killedMs = kill.atMs - measuredFrom;
  const sentMs = measuredTo - measuredFrom;
  const calm = series.filter(({ fromMs, toMs }) => fromMs >= 0 && toMs <= killedMs);
  const before = longestGaps(calm, { fromMs: 0, sentMs });
  const after = longestGaps(series, { fromMs: killedMs, sentMs });
  return {
    gap: long(after.standing),
    countGap: long(after.all),
    reconnectGap: gapMs(after.reconnected),
    gapBefore: long(before.standing),
    victim: kill.victim,
    termBefore: kill.term,
    termAfter,
    offered: counts.offered,
    committed: counts.committed,
    refused: counts.refused,
    reasons: counts.reasons,
    p99: summarise(outcome.latencies)?.p99 ?? null,
  };
}

function long(gap: Gap | null): number {
  return present(gapMs(gap), 'clients had finalities before and after the kill');
}
