// Tools that a suite needs beside Node. A missing one skips the test with its reason; under PSKY_REQUIRE=all it fails.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @returns false where the test may run; else the reason for tap's `skip` option */
export function withoutTool(tool: string): string | false {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  if (folders.some((folder) => isExecutable(join(folder, tool)))) return false;
  const reason = `needs ${tool}, which is not installed`;
  if (process.env['PSKY_REQUIRE'] === 'all') throw new Error(reason);
  return reason;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
