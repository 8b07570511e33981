// Pictures of choreographies, for tools; they bring a layout library that running ones do not need.

export { type Drawing, drawingsOf } from './drawings.ts';
