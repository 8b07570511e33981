// CPU by room on a terminal.

import type { ProfileSummary } from '../../bench/load/index.ts';
import { formatTable } from '../output.ts';

const shownFunctions = 10;
const barWidth = 30;

export function profileText({ validators, rooms, functions }: ProfileSummary): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`.padStart(7);
  const byShare = [...rooms].filter(({ share }) => share > 0).sort((a, b) => b.share - a.share);
  const rows = byShare.map(({ room, cores, share }) => [
    room,
    percent(share),
    `${cores.toFixed(3)} cores`,
    '█'.repeat(Math.round(share * barWidth)),
  ]);
  const hot = functions.slice(0, shownFunctions).map(({ name, place, share }) => [percent(share), name, place]);
  return [
    `CPU by room, self time over ${validators.join(' ')}`,
    formatTable(rows),
    '',
    'functions with the most self time',
    formatTable(hot),
  ].join('\n');
}
