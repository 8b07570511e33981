// D5 for a validator that runs on an older copy of its disk, or on an empty one: it signs nothing new. Of an older copy
// that holds where so many peers remember what it has signed since that any q−1 Hellos tell it. A liar minds no fence, and
// what it writes on an empty disk may pass for a safety record: when it is honest again this disk is like an older copy.

import type { Core } from '../../consensus/core/index.ts';
import type { CoreHooks } from '../../consensus/index.ts';
import type { Verdict } from './verdict.ts';

interface Life {
  readonly by: 'older copy' | 'nothing' | 'what a liar wrote';
  /** peers that remember something that its journal does not hold */
  readonly knowing: readonly Core[];
}

export class CopyWitness {
  #cores: () => Iterable<Core>;
  #verdict: Verdict;
  /** what the disk in use is; nothing for one that this validator wrote honestly from the beginning */
  #marks = new Map<number, Life['by']>();
  /** while another disk is lent: the mark of its own */
  #own = new Map<number, Life['by'] | undefined>();

  /** @param cores of all validators that run */
  constructor(cores: () => Iterable<Core>, verdict: Verdict) {
    this.#cores = cores;
    this.#verdict = verdict;
  }

  /** It runs on another disk, until its own is `restored`. */
  lent(index: number, by: 'older copy' | 'nothing'): void {
    if (!this.#own.has(index)) this.#own.set(index, this.#marks.get(index));
    this.#marks.set(index, by);
  }

  /** What the disk in use held is gone for good. */
  wiped(index: number): void {
    this.#marks.set(index, 'nothing');
  }

  restored(index: number): void {
    const own = this.#own.get(index);
    this.#own.delete(index);
    if (own === undefined) this.#marks.delete(index);
    else this.#marks.set(index, own);
  }

  /** @param lies whether this validator breaks rules on purpose at present: then it owes nothing */
  hooks(index: number, lies: () => boolean): CoreHooks {
    let life: Life | undefined;
    return {
      started: (core) => {
        const by = this.#marks.get(index);
        if (by === undefined) return;
        const knowing = [...this.#cores()].filter((peer) => peer.me !== index && remembersMore(peer, core, index));
        life = { by, knowing };
      },
      stepped: (core, outputs) => {
        if (life !== undefined && lies()) {
          life = undefined;
          this.#marks.set(index, 'what a liar wrote');
        }
        if (life !== undefined && outputs.some(({ type }) => type === 'signed')) this.#judge(core, index, life);
        return outputs;
      },
    };
  }

  #judge({ committee: { n, q } }: Core, index: number, { by, knowing }: Life): void {
    const running = new Set(this.#cores());
    const left = knowing.filter((peer) => running.has(peer)).length;
    if (by !== 'nothing' && left <= n - q) return;
    this.#verdict.violated(
      'a validator on an old disk signs nothing',
      `validator ${index + 1} on ${by}, while ${left} peers know better`,
    );
  }
}

function remembersMore(peer: Core, { vote, timeout }: Core, index: number): boolean {
  const seenVote = peer.seenVotes[index];
  const seenTimeout = peer.seenTimeouts[index];
  if (seenTimeout !== undefined && seenTimeout.term > (timeout?.term ?? -1)) return true;
  if (seenVote === undefined) return false;
  if (vote === undefined || seenVote.term > vote.term) return true;
  return (
    seenVote.term === vote.term &&
    (seenVote.tipHeight > vote.tipHeight || (seenVote.commit ?? -1) > (vote.commit ?? -1))
  );
}
