// Errors of other processes, thrown or shown here as if they were our own.

import { type ErrorName, errorRows, PskyError } from '../lib/errors.ts';
import { AdminFailure } from '../net/drivers/admin-client.ts';
import { RpcFailure } from '../sdk/index.ts';

export interface RemoteError {
  readonly name: string;
  readonly message: string;
}

export function remoteError(error: RemoteError): PskyError {
  const row = errorRows.find((each) => each.name === error.name);
  const known = new PskyError((row?.name ?? 'internal') as ErrorName);
  known.message = error.message;
  return known;
}

/** Every error as one with a code: what nodes and sockets refused with keeps its own. */
export function asKnown(error: unknown): PskyError {
  if (error instanceof PskyError) return error;
  if (error instanceof AdminFailure) return remoteError(error.error);
  if (error instanceof RpcFailure) return remoteError({ name: error.slug ?? 'internal', message: error.message });
  return new PskyError('internal', describeUnknown(error));
}

function describeUnknown(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return process.env['PSKY_DEBUG'] === undefined ? error.message : (error.stack ?? error.message);
}
