// How psky writes the hops and the end of an instance for people.

import type { Hop, Story } from '../../swarms/run/index.ts';

export const hopLine = ({ at, phase, role, fault }: Hop): string =>
  `${at.slice(11, 23)}  ${phase} at ${role}${fault === undefined ? '' : `: ${fault}`}`;

/** @param end how it ended, or its life while it goes on */
export function endLines(end: string, error: Story['error'], notUndone: Story['notUndone']): readonly string[] {
  const where = [error?.phase, error?.role].filter((each) => typeof each === 'string').join(' at ');
  return [
    error === null ? end : `${end}: ${error.code} ${error.name}${where === '' ? '' : ` in ${where}`}`,
    ...(error?.cause ? [`  ${error.cause}`] : []),
    ...notUndone.map(({ phase, role, code }) => `not undone: ${phase} at ${role}, ${code}`),
  ];
}
