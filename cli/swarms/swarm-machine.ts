// The real world of a node that hosts agents: clock, disk, stores, keys and a log file.

import { randomBytes } from 'node:crypto';
import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { createPinoLog } from '../../actors/drivers/pino-log.ts';
import { createRealClock } from '../../actors/drivers/real-clock.ts';
import { accelerateCrc32 } from '../../lib/crc32.ts';
import { accelerateSha256 } from '../../lib/hash.ts';
import { seededRandom } from '../../lib/random.ts';
import { hpkeSealing } from '../../lib/suites/sealing.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { nativeCrc32 } from '../../storage/drivers/native-crc32.ts';
import { nodeDisk } from '../../storage/drivers/node-disk.ts';
import { nodeStores } from '../../storage/drivers/node-stores.ts';
import type { SwarmNodePorts } from '../../swarm-node.ts';
import { openLogFile } from '../log-file.ts';

export interface SwarmMachine {
  readonly ports: SwarmNodePorts;
  close(): void;
}

export const suites = { suite: sodiumSuite, sealing: hpkeSealing };

export function swarmMachine(logPath: string, onFatal: (reason: string) => void): SwarmMachine {
  accelerateSha256(nativeSha256);
  if (nativeCrc32 !== undefined) accelerateCrc32(nativeCrc32);
  const logFile = openLogFile(logPath);
  const { log } = createPinoLog({ destination: logFile });
  // the clock's timers let a process end; here somebody waits
  const waiting = setInterval(() => undefined, 60_000);
  return {
    ports: {
      ...suites,
      clock: createRealClock(),
      disk: nodeDisk(),
      stores: nodeStores(),
      random: seededRandom(randomBytes(4).readUInt32LE(0)),
      secureRandom: (length) => new Uint8Array(randomBytes(length)),
      log,
      onFatal,
    },
    close() {
      clearInterval(waiting);
      logFile.close();
    },
  };
}
