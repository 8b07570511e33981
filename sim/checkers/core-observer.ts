// Reads off each step of a core what the checkers want to know. It changes nothing.

import type { Header, QuorumCert, Rank, Timeout, Vote } from '../../consensus/certificate/index.ts';
import { type Core, commitHeight, type JournalRecord, type Output } from '../../consensus/core/index.ts';
import type { CoreHooks } from '../../consensus/index.ts';
import { present } from '../../lib/assert.ts';
import type { ChainProbe } from './probe.ts';

/** What recovery gave back was durable before the first record of this life. */
const recovered = 0;

export function observeCore(probe: ChainProbe): CoreHooks {
  let executed = 0;
  let highest: QuorumCert | undefined;
  const records = new SafetyRecords();
  return {
    started(core) {
      probe.began?.();
      reportRecovery(core, probe);
      executed = core.executed;
      highest = core.highQc;
    },
    stepped(core, outputs) {
      for (const output of outputs) report(core, output, probe, records);
      if (outputs.some(({ type }) => type === 'entered')) probe.headersHeld?.(core.blocks);
      if (core.highQc !== highest && core.highQc !== undefined) {
        highest = core.highQc;
        probe.highestQc?.(highest);
      }
      while (executed < core.executed) {
        executed++;
        const roots = core.roots.get(executed);
        if (roots !== undefined) probe.executed?.(executed, roots.stateRoot, roots.outboxRoot);
      }
      return outputs;
    },
  };
}

/** Hooks one behind the other: each sees what the one before it returned. */
export function joinHooks(...all: readonly CoreHooks[]): CoreHooks {
  return {
    started(core, perform) {
      for (const hooks of all) hooks.started?.(core, perform);
    },
    stepped: (core, outputs) => all.reduce((given, hooks) => hooks.stepped?.(core, given) ?? given, outputs),
  };
}

function reportRecovery(core: Core, probe: ChainProbe): void {
  for (const { header } of core.blocks.values()) if (header !== undefined) probe.headerRecorded?.(header, recovered);
  for (const qc of core.qcs.values()) probe.qcRecorded?.(qc, recovered);
  for (const { lane, seq, digest } of core.batches.values())
    probe.batchRecorded?.({ lane, seq, digest, position: recovered });
  const beforeAll: Rank = { term: -1, height: 0 };
  probe.recovered?.({
    bootTerm: core.bootTerm,
    term: core.term,
    timedOut: core.timedOut,
    vote: core.signedVote ?? null,
    timeout: core.signedTimeout ?? null,
    highest: core.highQc ?? beforeAll,
    commitHeight: commitHeight(core),
    ownSeq: core.own.seq,
    fenced: core.fenced !== undefined,
  });
  probe.headersHeld?.(core.blocks);
  // also where a snapshot was adopted: heights below were never executed here
  const roots = core.roots.get(core.executed);
  if (roots !== undefined) probe.executed?.(core.executed, roots.stateRoot, roots.outboxRoot);
}

function report(core: Core, output: Output, probe: ChainProbe, records: SafetyRecords): void {
  switch (output.type) {
    case 'append':
      records.note(output.record, output.number);
      reportRecord(output.record, output.number, probe);
      break;
    case 'signed':
      if (output.vote !== undefined)
        probe.voteReleased?.(output.vote, { after: records.ofVote(output.vote), durable: core.durable });
      if (output.timeout !== undefined)
        probe.timeoutReleased?.(output.timeout, { after: records.ofTimeout(output.timeout), durable: core.durable });
      break;
    case 'send':
      if (output.message.type === 'batch' && output.message.batch.lane === core.me && !output.message.answer) {
        const { seq, digest, count } = output.message.batch;
        const after = output.after ?? core.batchRecords.get(digest) ?? recovered;
        probe.batchReleased?.({ seq, digest, count }, { after, durable: core.durable });
      }
      break;
    case 'proposed':
      probe.proposed?.(headerOf(output.block));
      break;
    case 'committed':
      probe.committed?.(headerOf(output.block), output.certificate);
      break;
    case 'execute':
      probe.ordered?.(output.block.height, output.batches);
      break;
    case 'forgotten':
      probe.batchesForgotten?.(output.digests, core.executed);
      break;
    case 'abandoned':
      probe.abandoned?.(output.term, output.reason);
      break;
    case 'evidence':
      probe.evidence?.(output.validator, output.kind);
      break;
    case 'fenced':
      probe.fenced?.(output.reason);
      break;
    case 'stopped':
      probe.stopped?.(JSON.stringify(output.reason));
      break;
    default:
      break;
  }
}

function reportRecord(record: JournalRecord, position: number, probe: ChainProbe): void {
  if (record.type === 'header') probe.headerRecorded?.(record.signed.header, position);
  else if (record.type === 'qc') probe.qcRecorded?.(record.qc, position);
  else if (record.type === 'commit') probe.qcRecorded?.(record.certificate, position);
  else if (record.type === 'batch') {
    const { lane, seq, digest } = record.batch;
    probe.batchRecorded?.({ lane, seq, digest, position });
  }
}

/** Which record a signature stands on (D1): the number of each vote's and each Timeout's own record in this life. */
class SafetyRecords {
  #numbers = new Map<string, number>();

  note(record: JournalRecord, number: number): void {
    if (record.type === 'vote') this.#numbers.set(voteKey(record.vote), number);
    if (record.type === 'timeout') this.#numbers.set(`timeout ${record.timeout.term}`, number);
  }

  ofVote(vote: Vote): number {
    return this.#numbers.get(voteKey(vote)) ?? Number.POSITIVE_INFINITY;
  }

  ofTimeout(timeout: Timeout): number {
    return this.#numbers.get(`timeout ${timeout.term}`) ?? Number.POSITIVE_INFINITY;
  }
}

const voteKey = ({ term, tipHeight, commit }: Pick<Vote, 'term' | 'tipHeight' | 'commit'>): string =>
  `vote ${term} ${tipHeight} ${commit}`;

function headerOf(block: { readonly header: Header | undefined }): Header {
  return present(block.header, 'only genesis has no header');
}
