// What `psky why` must say while a fault is in force: who is missing, and what ails it.

import type { Why } from '../devnet.ts';
import { pause } from '../devnet.ts';
import type { Member } from './member.ts';
import type { Network } from './network.ts';

export type Ailment = 'silent' | 'failed' | 'unlinked' | 'fenced' | 'full';

/** links notice silence after 5 s; asking takes up to 2 s */
const withinMs = 10_000;

/** @returns the sentence; undefined, and a violation, when `psky why` does not come to name the cause */
export async function explained(network: Network, member: Member, ailment: Ailment): Promise<string | undefined> {
  const deadline = performance.now() + withinMs;
  let last: Why | undefined;
  do {
    last = await network.why(member);
    if (names(last, member, ailment)) return last.sentence;
    await pause(200);
  } while (performance.now() < deadline);
  network.violations.push(`psky why does not say that ${member.name} is ${ailment}: ${last.sentence} ${last.remedy}`);
  return undefined;
}

function names({ missing, sentence, remedy }: Why, { name, votes }: Member, ailment: Ailment): boolean {
  if (votes && ailment !== 'full' && !missing.includes(name)) return false;
  const text = `${sentence}\n${remedy}`;
  switch (ailment) {
    case 'silent':
      return new RegExp(`\\b${name}\\b|No member answers`).test(text);
    case 'failed':
      return text.includes(`${name} failed: `);
    case 'unlinked':
      return (votes ? new RegExp(`\\b${name}\\b.*no link`) : /^This node .* linked to no validator/).test(text);
    case 'full':
      return new RegExp(`\\b${name} takes no new commands: .*disk`).test(text);
    case 'fenced':
      return new RegExp(`\\b${name}\\b`).test(text) && /fenced/.test(text);
  }
}
