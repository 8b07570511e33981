// psky load: commands at a given rate from processes of their own, and how long each took to become final; or the highest
// rate that the network bears.

import type { Command } from 'commander';
import {
  defaultCoalesceMs,
  defaultWarmUpSeconds,
  maxClients,
  maxCommandBytes,
  maxRate,
  maxRepeats,
  maxSeconds,
  maxWarmUpSeconds,
} from '../../bench/load/index.ts';
import { PskyError } from '../../lib/errors.ts';
import { runFindMax } from '../load/run-find-max.ts';
import { runLoad } from '../load/run-load.ts';
import { addVerb, type Call, type Finish, wholeNumber } from '../verb.ts';

export function addLoad(program: Command, finish: Finish): void {
  const load = {
    words: 'load',
    summary: 'put load on a network and measure how long commands take to become final',
    options: [
      {
        flags: '--mode <mode>',
        about: 'blobs are only ordered; signed: single puts; bundle: many puts under one signature',
        initial: 'blob',
        choices: ['blob', 'signed', 'bundle'],
      },
      {
        flags: '--rate <n>',
        about: 'commands per second over all clients (default: 1000); with --find-max the first to try',
        parse: whole(1, maxRate),
      },
      {
        flags: '--size <bytes>',
        about: 'of a whole encoded command (default: 512; signed: 200)',
        parse: whole(1, maxCommandBytes),
      },
      { flags: '--seconds <n>', about: 'how long commands are measured', initial: 10, parse: whole(1, maxSeconds) },
      {
        flags: '--warm-up <n>',
        about: 'seconds before that, not measured',
        initial: defaultWarmUpSeconds,
        parse: whole(0, maxWarmUpSeconds),
      },
      { flags: '--find-max', about: 'the highest rate with p99 below 1 s, 98 % committed and nothing lost' },
      { flags: '--repeat <n>', about: 'runs, of which the medians count', initial: 1, parse: whole(1, maxRepeats) },
      { flags: '--report <file>', about: 'write a page with curves of the run' },
      { flags: '--profile [folder]', about: 'CPU by room, sampled by the validators; raw samples go to the folder' },
      {
        flags: '--clients <n>',
        about: 'streams, each with an account (default: one per validator; signed: four)',
        parse: whole(1, maxClients),
      },
      { flags: '--bundle <n>', about: 'puts under one signature in mode bundle', initial: 100, parse: whole(2, 1_000) },
      {
        flags: '--coalesce <ms>',
        about: 'what is due to a client within it is one frame',
        initial: defaultCoalesceMs,
        parse: whole(1, 100),
      },
      { flags: '--processes <n>', about: 'generators (default: one per two cores)', parse: whole(1, 64) },
    ],
    run,
  };
  addVerb(program, load, finish);
}

function run(call: Call): Promise<number> {
  if (!call.flag('findMax')) return runLoad(call);
  if (call.number('repeat') > 1) {
    throw new PskyError('bad-usage', '--repeat is for one rate: a search has its own runs.');
  }
  return runFindMax(call);
}

const whole = (min: number, max: number): ((text: string) => number) => wholeNumber({ min, max });
