// Reads choreographies out of source files, for tools. It needs the TypeScript compiler, which programs that only run
// choreographies do not.

export { maxSourceBytes } from '../limits.ts';
export { type Diagnostic, type Reading, readSource } from './read-source.ts';
