// One line about where a core stands, for the log of a run that broke an invariant.

import { type Core, commitHeight, nextDeadline, workKnown } from '../consensus/core/index.ts';

export function summaryOf(core: Core): string {
  const tip = [...core.blocks.values()].reduce((highest, block) => (block.height > highest.height ? block : highest));
  const lanes = core.lanes.map(({ head, committed }, lane) => `${lane}:${committed.seq}/${head.seq}`);
  const work = workKnown(core);
  return [
    `term ${core.term}${core.timedOut ? ' timed out' : ''} boot ${core.bootTerm}`,
    `commit ${commitHeight(core)} executed ${core.executed} highest QC ${core.highQc?.term ?? -1}:${core.highQc?.height ?? 0}`,
    `vote ${core.vote === undefined ? 'none' : `${core.vote.term}:${core.vote.tipHeight}:${core.vote.commit ?? 'nil'}`}`,
    `tip ${tip.term}:${tip.height} ${tip.connected ? tip.verdict : 'unconnected'} execHeight ${tip.execHeight} timeMs ${tip.timeMs} (clock ${core.wallMs})`,
    `lanes ${lanes.join(' ')} wants ${core.wantedHeaders.size} headers, ${core.wantedBatches.size} batches; reported ${core.reportedExecution.join(' ')}`,
    `links ${core.up.map((up, peer) => (up ? peer : '-')).join('')} work ${work.batches ? 'batches ' : ''}${work.consensus ? 'consensus' : ''} next ${((nextDeadline(core) ?? Number.NaN) - core.now).toFixed(0)} ms`,
    core.fenced ?? '',
    core.awaitingHellos === undefined ? '' : `awaits Hellos, has ${[...core.awaitingHellos].join(' ')}`,
  ]
    .filter((part) => part !== '')
    .join('; ');
}
