// An error of another process of ours, thrown here as if it were our own.

import { type ErrorName, PskyError } from '../lib/errors.ts';
import { AdminFailure } from '../net/drivers/admin-client.ts';

export interface RemoteError {
  readonly name: string;
  readonly message: string;
}

export function remoteError(error: RemoteError): PskyError {
  const known = new PskyError(error.name as ErrorName);
  known.message = error.message;
  return known;
}

/** @returns what a socket's other end refused with, else the error itself */
export function fromAdmin(error: unknown): unknown {
  return error instanceof AdminFailure ? remoteError(error.error) : error;
}
