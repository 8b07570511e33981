// How fast the machine is at this moment, in the three operations that bound a network: a signature check, a pass of
// SHA-256, a small write that is on the disk. Machines drift by half within an hour, so every run is calibrated before
// and after: figures are compared only where these agree. Takes about half a second, and this thread.

import { randomBytes } from 'node:crypto';
import { closeSync, constants, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { KiB, MiB } from '../../lib/units.ts';

export interface Calibration {
  /** microseconds of one Ed25519 verification on one core */
  readonly verifyUs: number;
  /** 10⁹ bytes of SHA-256 a second on one core */
  readonly sha256GBs: number;
  /** microseconds until 4 KiB in the middle of a file are on the disk */
  readonly sync4kUs: number;
}

/** Medians of these many rounds: long enough to outlast a scheduler's slice, short enough not to be waited for. */
const verifyRounds = 15;
const verifiesPerRound = 100;
const hashRounds = 25;
const syncRounds = 200;

/** @param folder on the disk that the run writes to; one file of 1 MiB is made in it and removed */
export function calibrate(folder: string): Calibration {
  return { verifyUs: round(verifyUs(), 1), sha256GBs: round(sha256GBs(), 2), sync4kUs: round(sync4kUs(folder), 0) };
}

function verifyUs(): number {
  const keys = sodiumSuite.keyPairOf(new Uint8Array(32).fill(7));
  const text = new Uint8Array(200);
  const signature = sodiumSuite.sign(keys, text);
  const verify = (): void => {
    for (let i = 0; i < verifiesPerRound; i++) sodiumSuite.verify(keys.publicKey, text, signature);
  };
  return (medianMs(verifyRounds, verify) * 1000) / verifiesPerRound;
}

function sha256GBs(): number {
  const block = [randomBytes(MiB)];
  return MiB / 1e6 / medianMs(hashRounds, () => nativeSha256.digestHex(block));
}

/** Writes into a file that is whole already, as the journal does: a file that grows costs its metadata on top. */
function sync4kUs(folder: string): number {
  const path = join(folder, `calibration-${process.pid}-${randomBytes(4).toString('hex')}`);
  const file = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
  try {
    writeSync(file, Buffer.alloc(MiB));
    fdatasyncSync(file);
    const page = randomBytes(4 * KiB);
    let at = 0;
    const write = (): void => {
      writeSync(file, page, 0, page.length, at);
      fdatasyncSync(file);
      at = (at + page.length) % MiB;
    };
    return medianMs(syncRounds, write) * 1000;
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
}

function medianMs(rounds: number, run: () => void): number {
  run(); // the first one warms the compiler and the caches
  const took: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const began = performance.now();
    run();
    took.push(performance.now() - began);
  }
  took.sort((a, b) => a - b);
  return took[rounds >> 1] as number;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
