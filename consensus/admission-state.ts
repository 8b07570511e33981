// What the actor at a chain's door (admission.ts) holds: the open batch, full ones that wait, those that wait for a sync.

import type { Address, Asker } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Hash } from '../lib/hash.ts';
import { type Ms, milliseconds } from '../lib/units.ts';
import { AccountQuota, type Charged } from './account-quota.ts';
import type { Admission, Application, ChainContext, Charge } from './application.ts';
import type {
  Accepted,
  ChainAddresses,
  NotSealed,
  OwnRecovered,
  Progress,
  Reappended,
  Sealing,
  Submit,
  Submitted,
} from './chain-messages.ts';

export interface AdmissionOptions {
  /** the chain's name in its network, for metrics */
  readonly name: string;
  readonly application: Application;
  readonly chain: ChainContext['chain'];
  readonly addresses: ChainAddresses;
  /** the storage shard, which says whether new work may be taken in */
  readonly shard: Address;
}

export type AdmissionMessage =
  | Submit
  | Accepted
  | Reappended
  | Sealing
  | NotSealed
  | OwnRecovered
  | Charged
  | {
      readonly type: 'checked';
      readonly submit: Submit;
      readonly offsets: Uint32Array;
      readonly verdicts: readonly Admission[] | string;
      readonly asker: Asker | undefined;
    }
  /** the shard's word (storage/shard.ts) */
  | { readonly type: 'admission'; readonly open: boolean; readonly reason: string }
  | Progress
  | { readonly type: 'seal-now' };

export interface Waiting {
  readonly asker: Asker | undefined;
  readonly refused: Submitted['refused'];
  readonly offset: number;
}

export interface Arena {
  pieces: Bytes[];
  size: number;
  count: number;
  waiting: Waiting[];
  charges: Charge[];
}

/** What was given to the engine as one batch. */
export interface Sealed extends Pick<Arena, 'waiting' | 'charges'> {
  readonly sealedAt: Ms;
}

export interface AdmissionState {
  /** why storage takes nothing in; undefined while it does */
  storage: string | undefined;
  sealing: Sealing;
  arena: Arena;
  /** full batches that may not be sealed yet, oldest first: each is within the bounds of one, however long that lasts */
  full: Arena[];
  /** batches given to the engine and not yet durable, by content */
  readonly sealed: Map<Hash, Sealed[]>;
  readonly quota: AccountQuota;
  /** when the last batch was sealed */
  sealedAt: Ms;
  /** what a commit takes on the lines alone */
  lineMs: Ms;
  checking: number;
  height: number;
  timeMs: number;
}

export const emptyArena = (): Arena => ({ pieces: [], size: 0, count: 0, waiting: [], charges: [] });

export function initialState(): AdmissionState {
  return {
    storage: 'not-ready',
    sealing: { type: 'sealing', allowed: false, reason: 'not-ready' },
    arena: emptyArena(),
    full: [],
    sealed: new Map(),
    quota: new AccountQuota(),
    sealedAt: -Infinity as Ms,
    lineMs: milliseconds(0),
    checking: 0,
    height: 0,
    timeMs: 0,
  };
}

export const unsealedBytes = ({ full, arena }: AdmissionState): number =>
  full.reduce((sum, each) => sum + each.size, arena.size);

export const unsyncedBatches = ({ sealed }: AdmissionState): number =>
  [...sealed.values()].reduce((sum, batches) => sum + batches.length, 0);
