// Leading a term (§8): a hash chain of blocks, streamed without waiting for certificates, at most W beyond the highest one.

import { type Ms, milliseconds } from '../../lib/units.ts';
import { leaderOf } from '../certificate/committee.ts';
import { proposalText } from '../certificate/hashing.ts';
import { makeHeader } from '../certificate/shapes.ts';
import type { Cut, TimeoutCert } from '../certificate/types.ts';
import { fewEntries, longLinePace, maxExecutionLag, maxUnexecuted, proposalPace } from '../limits.ts';
import { certifiedBelow, keepHeader } from './blocks.ts';
import { commitHeight, emit, maySign, send, timerBefore } from './core.ts';
import type { Block, Core, Roots } from './core-types.ts';
import { entriesBetween } from './cuts.ts';
import { wantHeader } from './fetch.ts';
import { appendToHistory, historyRoot, type Peaks } from './history.ts';
import { nextCut } from './lanes.ts';
import { coverIsDue } from './work.ts';

export function proposeIfLeader(core: Core): void {
  if (core.me === undefined || leaderOf(core.committee, core.term) !== core.me) return;
  if (!maySign(core) || core.timedOut || core.draining) return;
  if (core.term <= core.bootTerm || core.durable < core.enterRecord) return; // D3
  const first = core.tip === undefined;
  const parent = core.tip ?? firstParent(core);
  if (parent === undefined) return;
  const certified = certifiedBelow(core, parent);
  if (!first && parent.height + 1 - certified.height >= core.committee.window) return;
  const cut = nextCut(core, parent);
  const unexecuted = commitHeight(core) - core.executed;
  if (!first && unexecuted >= maxUnexecuted) return; // what is ordered faster only waits
  const inFlight = parent.height > commitHeight(core) && !first;
  const claim = claimFor(core, parent, first);
  if (cut === undefined && !mayProposeEmpty(core, first, inFlight, claim.execHeight)) return;
  const due = milliseconds(core.lastProposal + paceOf(core, cut, parent));
  if ((inFlight || unexecuted > 0) && core.now < due) {
    timerBefore(core, 'propose', due);
    return;
  }
  const height = parent.height + 1;
  const repeats = claim.execHeight === parent.execHeight;
  if (height - claim.execHeight > maxExecutionLag && !(first && repeats)) return;
  propose(core, parent, { cut: cut ?? parent.cut, ...claim });
}

/** On long lines a block with few entries need not wait for more of them. */
function paceOf(core: Core, cut: Cut | undefined, parent: Block): Ms {
  if (cut === undefined || core.quorumTripMs <= 2 * proposalPace) return proposalPace;
  return entriesBetween(core, parent.cut, cut) <= fewEntries ? longLinePace : proposalPace;
}

/** A term's first block stands on the TC's certificate; the first block of term 0 waits until there is something to order. */
function firstParent(core: Core): Block | undefined {
  if (core.term === 0) return nextCut(core, core.genesis) === undefined ? undefined : core.genesis;
  const tc = entryOfTerm(core);
  if (tc === null) return undefined;
  const id = tc.qc?.id ?? core.genesis.id;
  const parent = core.blocks.get(id);
  if (parent?.connected) return parent;
  wantHeader(core, id, { from: undefined, proven: true, ...(tc.qc === null ? {} : { height: tc.qc.height }) });
  return undefined;
}

function entryOfTerm(core: Core): TimeoutCert | null {
  if (core.entry?.term !== core.term) return null;
  return 'tc' in core.entry.certificate ? core.entry.certificate.tc : null;
}

/** E3: an empty block only when nothing is in flight and it covers all committed commands; a term's first block may be empty. */
function mayProposeEmpty(core: Core, first: boolean, inFlight: boolean, execHeight: number): boolean {
  if (first) return core.term > 0;
  return !inFlight && execHeight >= core.lastOrdered && coverIsDue(core);
}

/** E2: the highest height that this node and q−1 others report executed. */
function claimFor(core: Core, parent: Block, first: boolean): Roots & { readonly execHeight: number } {
  const others = core.reportedExecution.filter((_, peer) => peer !== core.me).sort((a, b) => b - a);
  const reported = core.committee.q >= 2 ? (others[core.committee.q - 2] as number) : Number.POSITIVE_INFINITY;
  const execHeight = Math.min(core.executed, reported, parent.height);
  const roots = core.roots.get(execHeight);
  // a term's first block may stand on any lag by repeating its parent's pair (E1)
  const tooOld = first && parent.height + 1 - execHeight > maxExecutionLag;
  if (execHeight > parent.execHeight && roots !== undefined && !tooOld) return { execHeight, ...roots };
  return { execHeight: parent.execHeight, stateRoot: parent.stateRoot, outboxRoot: parent.outboxRoot };
}

function propose(
  core: Core,
  parent: Block,
  claim: Roots & { readonly cut: Block['cut']; readonly execHeight: number },
): void {
  const { chain, epoch } = core.committee;
  const height = parent.height + 1;
  const header = makeHeader(
    { chain, epoch, term: core.term, height, cut: claim.cut, control: null },
    {
      chain,
      epoch,
      height,
      timeMs: Math.max(Math.floor(core.wallMs), parent.timeMs + 1), // E4
      execHeight: claim.execHeight,
      stateRoot: claim.stateRoot,
      outboxRoot: claim.outboxRoot,
      historyRoot: historyRoot(appendToHistory(parent.past as Peaks, parent.id)),
      parentRef: null,
      nextSetHash: null,
    },
    parent.id,
  );
  const signature = core.options.sign(proposalText(core.committee, header.id));
  const entry = core.tip === undefined && core.term > 0 ? entryOfTerm(core) : null;
  const block = keepHeader(core, { header, signature, entry }, true, core.me);
  if (block === undefined) return;
  const chainQc = core.qcs.get(certifiedBelow(core, parent).id);
  const advanced = chainQc !== undefined && chainQc.term === core.term && chainQc.id !== core.sentChainQc;
  if (advanced) core.sentChainQc = chainQc.id;
  core.tip = block;
  core.lastProposal = core.now;
  emit(core, { type: 'proposed', block });
  // D3: a proposal attests nothing; it waits for its term's ENTER only
  send(
    core,
    'all',
    { type: 'proposal', header, signature, entry, chainQc: advanced ? chainQc : null },
    core.enterRecord,
  );
  core.again = true;
}
