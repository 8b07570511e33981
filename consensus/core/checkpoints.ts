// Checkpoints (§9): after execution each validator signs (height, id, roots) at every 256th height and when the chain
// comes to rest; q of them make a certificate without links, from which a light client or a far-off validator starts.

import { checkpointText } from '../certificate/hashing.ts';
import type { CheckpointCert, CheckpointVote } from '../certificate/types.ts';
import { verifyCheckpointCert, verifyCheckpointVote } from '../certificate/verify.ts';
import { checkpointEvery } from '../limits.ts';
import { ancestorAt } from './blocks.ts';
import { append, commitHeight, emit, maySign, send } from './core.ts';
import type { Core, Held } from './core-types.ts';

/** Called after a height was executed. */
export function signPeriodicCheckpoint(core: Core, height: number): void {
  if (height % checkpointEvery === 0) signCheckpoint(core, height);
}

/** Signs the checkpoint of a committed and executed height, once. It leaves when the commit is durable. */
export function signCheckpoint(core: Core, height: number): void {
  if (!maySign(core) || height <= core.checkpointSigned || height > commitHeight(core) || height > core.executed)
    return;
  const block = ancestorAt(core.committedTip, height);
  const roots = core.roots.get(height);
  if (block === undefined || roots === undefined) return;
  core.checkpointSigned = height;
  const checkpoint = { height, id: block.id, ...roots };
  if (core.durable >= core.appended) releaseCheckpoint(core, checkpoint, core.durable);
  else core.held.push({ after: core.appended, checkpoint });
}

export function releaseCheckpoint(core: Core, checkpoint: NonNullable<Held['checkpoint']>, after: number): void {
  if (core.me === undefined || core.fenced !== undefined) return;
  const signature = core.options.sign(checkpointText(core.committee, checkpoint));
  const vote: CheckpointVote = { voter: core.me, ...checkpoint, signature };
  send(core, 'all', { type: 'checkpoint-vote', vote }, after);
  count(core, vote);
}

export function onCheckpointVote(core: Core, vote: CheckpointVote, from: number): void {
  if (vote.height <= (core.checkpoint?.height ?? 0)) return;
  if (vote.voter !== from || !verifyCheckpointVote(core.committee, vote)) {
    emit(core, { type: 'misbehaved', peer: from, reason: 'bad-checkpoint' });
    return;
  }
  count(core, vote);
}

/** A validator's newest vote replaces its older one, so there are never more than n. */
function count(core: Core, vote: CheckpointVote): void {
  const key = keyOf(vote);
  for (const [other, votes] of core.checkpointVotes) {
    if (other === key) continue;
    const earlier = votes.get(vote.voter);
    if (earlier === undefined) continue;
    if (earlier.height > vote.height) return;
    votes.delete(vote.voter);
    if (votes.size === 0) core.checkpointVotes.delete(other);
  }
  const votes = core.checkpointVotes.get(key) ?? new Map<number, CheckpointVote>();
  core.checkpointVotes.set(key, votes.set(vote.voter, vote));
  if (votes.size < core.committee.q) return;
  const { voter: _voter, signature: _signature, ...checkpoint } = vote;
  const signers = [...votes.values()].map(({ voter, signature }) => ({ voter, signature }));
  core.checkpointVotes.delete(key);
  keep(core, { ...checkpoint, votes: signers });
}

const keyOf = ({ height, id, stateRoot, outboxRoot }: CheckpointVote): string =>
  `${height}:${id}:${stateRoot}:${outboxRoot}`;

export function onCheckpointCert(core: Core, certificate: CheckpointCert, from: number): void {
  if (certificate.height <= (core.checkpoint?.height ?? 0)) return;
  if (!verifyCheckpointCert(core.committee, certificate)) {
    emit(core, { type: 'misbehaved', peer: from, reason: 'bad-certificate' });
    return;
  }
  keep(core, certificate);
}

function keep(core: Core, certificate: CheckpointCert): void {
  if (certificate.height <= (core.checkpoint?.height ?? 0)) return;
  core.checkpoint = certificate;
  append(core, { type: 'checkpoint', certificate });
  emit(core, { type: 'checkpoint', certificate });
}
