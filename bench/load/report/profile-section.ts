// CPU by room in a report: bars, and the functions with the most self time.

import type { ProfileSummary } from '../profile/profiler.ts';
import { escapeText } from './escape.ts';
import { table } from './facts.ts';

export function profileSection(profile: ProfileSummary | undefined): string {
  if (profile === undefined) return '';
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const shown = profile.rooms.filter(({ share }) => share > 0).sort((a, b) => b.share - a.share);
  const widest = shown[0]?.share ?? 1;
  const bars = shown.map(
    ({ room, cores, share }) =>
      `<tr><th scope="row">${escapeText(room)}</th><td>${percent(share)}</td><td>${cores.toFixed(3)}</td>` +
      `<td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">` +
      `<rect class="fill" width="${((100 * share) / widest).toFixed(1)}" height="10" rx="1"/></svg></td></tr>`,
  );
  const functions = profile.functions.map(({ name, place, share }) => [name, place, percent(share)]);
  return (
    `<section><h2>CPU by room</h2><p>Self time over ${escapeText(profile.validators.join(', '))}, measured part only.</p>` +
    `<table><thead><tr><th>room</th><th>share</th><th>cores</th><th></th></tr></thead><tbody>${bars.join('')}</tbody></table>` +
    `<details><summary>Functions with the most self time</summary>${table(functions, ['function', 'file', 'share'])}</details></section>`
  );
}
