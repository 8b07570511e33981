// psky load: commands at a given rate from processes of their own, and how long each took to become final.

import { type Command, InvalidArgumentError } from 'commander';
import {
  type LoadProgress,
  maxClients,
  maxCommandBytes,
  maxRate,
  maxSeconds,
  startLoad,
} from '../../bench/load/index.ts';
import { exitCode } from '../exit.ts';
import { type PreparedLoad, prepareLoad } from '../load/load-plan.ts';
import { loadResult, loadText } from '../load/load-report.ts';
import type { Progress } from '../output.ts';
import { onStopSignals } from '../signals.ts';
import { addVerb, type Call, type Finish, wholeNumber } from '../verb.ts';

export function addLoad(program: Command, finish: Finish): void {
  const load = {
    words: 'load',
    summary: 'put load on a network and measure how long commands take to become final',
    example: 'load --mode blob --rate 5000 --size 512 --seconds 10',
    options: [
      {
        flags: '--mode <mode>',
        about: 'blob (ordered only), signed (single puts) or bundle',
        initial: 'blob',
        parse: mode,
      },
      { flags: '--rate <n>', about: 'commands per second over all clients', initial: 1_000, parse: whole(1, maxRate) },
      {
        flags: '--size <bytes>',
        about: 'of a whole encoded command (default: 512; signed: 200)',
        parse: whole(1, maxCommandBytes),
      },
      { flags: '--seconds <n>', about: 'how long commands become due', initial: 10, parse: whole(1, maxSeconds) },
      {
        flags: '--clients <n>',
        about: 'streams, each with an account (default: one per validator)',
        parse: whole(1, maxClients),
      },
      { flags: '--bundle <n>', about: 'puts under one signature in mode bundle', initial: 100, parse: whole(2, 1_000) },
      {
        flags: '--coalesce <ms>',
        about: 'what is due to a client within it is one frame',
        initial: 2,
        parse: whole(1, 100),
      },
      { flags: '--processes <n>', about: 'generators (default: one per two cores)', parse: whole(1, 64) },
    ],
    run: runLoad,
  };
  addVerb(program, load, finish);
}

async function runLoad(call: Call): Promise<number> {
  const load = prepareLoad(call);
  if (load.plan.mode !== 'blob') call.out.remark('signing ahead …');
  const bar = call.out.progress('load', load.plan.seconds);
  const run = startLoad(runOptions(load), (progress) => show(bar, load, progress));
  const release = onStopSignals({ drain: () => run.stop(), force: (code) => process.exit(code) });
  try {
    const outcome = await run.outcome.finally(() => bar.end());
    call.out.result(loadResult(load, outcome), loadText(load, outcome));
    if (outcome.lost > 0) return exitCode.broken;
    return outcome.unsettled > 0 ? exitCode.retry : exitCode.ok;
  } finally {
    release();
  }
}

function runOptions({ plan, targets, chain, processes }: PreparedLoad): Parameters<typeof startLoad>[0] {
  return { plan, targets, chain: chain.chain, ...(processes === undefined ? {} : { processes }) };
}

/** Moves over the seconds of the schedule; while the rest becomes final it stays at the end. */
function show(bar: Progress, { plan }: PreparedLoad, { elapsedMs, counts, recent }: LoadProgress): void {
  const open = counts.accepted - counts.committed - counts.refusedAfterAccepted;
  const latency = recent === null ? 'nothing became final' : `p50 ${recent.p50} ms, p99 ${recent.p99} ms`;
  const detail = `s  ${counts.committed} committed, ${open} open, ${counts.refused} refused, ${latency}`;
  bar.report(Math.min(plan.seconds, Math.floor(Math.max(0, elapsedMs) / 1000)), detail);
}

const whole = (min: number, max: number): ((text: string) => number) => wholeNumber({ min, max });

function mode(text: string): string {
  if (text !== 'blob' && text !== 'signed' && text !== 'bundle') {
    throw new InvalidArgumentError('Expected blob, signed or bundle.');
  }
  return text;
}
