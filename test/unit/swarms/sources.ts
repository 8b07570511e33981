// The choreographies that the tests read: the examples, and the broken corpus with the code that each is for.

import { projectFiles, readSource as readFile } from '../../tidy/sources.ts';

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const filesOf = (pattern: RegExp): readonly SourceFile[] =>
  projectFiles(pattern).map((path) => ({ path, text: readFile(path) }));

export const examples = filesOf(/^examples\/[^/]+\/[^/]+\.swarm\.ts$/);
export const broken = filesOf(/^test\/corpus\/broken\/.*\.swarm\.ts$/);

/** `PSKY-6003` */
export const codeOf = ({ path }: SourceFile): string => /PSKY-\d{4}/.exec(path)?.[0] ?? '';
