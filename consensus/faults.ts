// The error rows of consensus by name, as the numbers that answers and receipts carry.

import { type ErrorName, errorRow } from '../lib/errors.ts';

export const errorCode = (name: ErrorName): number => errorRow(name).code;
