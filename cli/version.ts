// The package's version, read from its manifest so that it stands in one place.

import { readFileSync } from 'node:fs';

const manifest = new URL('../../package.json', import.meta.url);

export const version = (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
