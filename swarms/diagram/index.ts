// Pictures of choreographies, for tools; they bring a layout library that running ones do not need.

export type { Description } from '../description.ts';
export { type Drawing, drawingsOf } from './drawings.ts';
