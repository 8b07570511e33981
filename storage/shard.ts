// A shard as a supervised actor: opens its files, hands them over, watches free space and its lease, tells who asks
// whether new work may be admitted, and stops the process at the first write that fails.

import { type Behavior, type MachineState, machineBehavior, type Note, type Supervision } from '../actors/index.ts';
import { type Ms, milliseconds } from '../lib/units.ts';
import * as limits from './limits.ts';
import type { ShardFault } from './manifest.ts';
import { ofShard } from './metrics.ts';
import { openShard, type Shard, type ShardOptions, type ShardWorld } from './open-shard.ts';
import { type ShardContext, type ShardMessage, type ShardPhase, shardMachine } from './shard-machine.ts';

/** Sent to subscribers of a shard: may new work be taken in? What is under way goes on either way. */
export interface AdmissionMessage {
  readonly type: 'admission';
  readonly shard: string;
  readonly open: boolean;
  readonly reason: ShardPhase | 'congested';
  readonly freeBytes: number | null;
}

export interface ShardActorOptions extends ShardOptions {
  readonly name: string;
  /** owners whose `replayed` message opens admission for the first time */
  readonly owners: readonly string[];
  readonly lowDiskBytes?: number;
  readonly checkEveryMs?: Ms;
  /** Called between turns, once: spawn the owners, add the journal to the system. */
  opened(shard: Shard): void;
  /** The shard could not be opened: nothing depends on it yet, so its opener decides (the command line prints why). */
  refused(fault: ShardFault): void;
}

export function shardBehavior(world: ShardWorld, options: ShardActorOptions): Behavior<MachineState, ShardMessage> {
  const lowDiskBytes = options.lowDiskBytes ?? limits.lowDiskBytes;
  const checkEveryMs = options.checkEveryMs ?? limits.diskCheckEveryMs;
  const labelled: ShardWorld = { ...world, note: (note) => world.note(ofShard(options.name, note)) };
  /** the files, while they are open; no message carries them */
  let open: Shard | undefined;
  return machineBehavior({
    machine: shardMachine,
    mailbox: {
      capacity: limits.shardMailbox(options.owners.length),
      overflow: { 'check-disk': 'replace', 'disk-checked': 'replace', congested: 'keep' },
    },
    input: () => ({
      name: options.name,
      owners: options.owners,
      lowDiskBytes,
      recoveredBytes: lowDiskBytes * (1 + limits.lowDiskRecoveryShare),
    }),
    describe: ({ subscribers, ...rest }) => ({ ...rest, subscribers: subscribers.length }),
    actions: {
      open: (_args, effects) => {
        effects.request((answer) => {
          const fatal = (fault: ShardFault): void => answer({ type: 'fault', fault });
          openShard(labelled, options, { fatal }, (fault, shard) => {
            if (fault) return fatal(fault);
            open = shard;
            shard.journal.onCongested((congested) => answer({ type: 'congested', congested }));
            const { leaseEpoch, engine, journal } = shard;
            answer({ type: 'opened', leaseEpoch, engine, direct: journal.stats().direct });
          });
        });
      },
      handOver: (_args, effects) => {
        const shard = open;
        if (shard) effects.request(() => options.opened(shard));
      },
      checkDisk: (_args, effects) => {
        effects.request((answer) => {
          open?.checkLease((lost) => {
            if (lost) return answer({ type: 'fault', fault: lost });
            world.disk.freeBytes(options.directory, (error, freeBytes) => {
              // A disk that cannot even say how much is free is treated as full, not as failed: nothing was lost.
              if (!error) labelled.note({ gauge: 'psky_shard_free_bytes', value: freeBytes });
              answer({ type: 'disk-checked', freeBytes: error ? 0 : freeBytes });
            });
          });
        });
      },
      checkDiskLater: (_args, effects) =>
        effects.schedule('check-disk', milliseconds(checkEveryMs), { type: 'check-disk' }),
      answerSubscriber: ({ context, event }, effects) => {
        if (event.type === 'subscribe') effects.send(event.subscriber, admissionOf(context));
      },
      announceAdmission: ({ context }, effects) => {
        const message = admissionOf(context);
        for (const subscriber of context.subscribers) effects.send(subscriber, message);
        effects.note(ofShard(options.name, say(message, lowDiskBytes)));
        effects.note(ofShard(options.name, { gauge: 'psky_shard_admission_open', value: message.open ? 1 : 0 }));
      },
      closeFiles: (_args, effects) => {
        effects.request((answer) => {
          const closed = (fault: ShardFault | undefined): void =>
            answer(fault ? { type: 'fault', fault } : { type: 'closed' });
          const shard = open;
          open = undefined;
          if (shard) shard.close(closed);
          else closed(undefined);
        });
      },
      reportRefusal: ({ context }, effects) => {
        const { fault } = context;
        if (fault) effects.request(() => options.refused(fault));
      },
      stopProcess: ({ context }, effects) => {
        effects.fatal(`shard ${options.name}: ${context.fault?.code}: ${context.fault?.message}`);
      },
    },
  });
}

/** For the system: a shard that crashed is never opened again in the same process (ARCHITECTURE's table). */
export const shardSupervision: Supervision = { strategy: 'escalate', restarts: 0, withinMs: milliseconds(0) };

function admissionOf(context: ShardContext): AdmissionMessage {
  const reason = context.phase === 'serving' && context.congested ? 'congested' : context.phase;
  return { type: 'admission', shard: context.name, open: reason === 'serving', reason, freeBytes: context.freeBytes };
}

function say({ open, reason, freeBytes }: AdmissionMessage, lowDiskBytes: number): Note {
  if (reason !== 'low-disk')
    return { log: 'info', message: open ? 'admits new work' : `admits nothing new: ${reason}` };
  const fields = { code: 'low-disk', freeBytes, lowDiskBytes };
  return { log: 'warn', message: 'admits nothing new: the disk is almost full; free some space', fields };
}
