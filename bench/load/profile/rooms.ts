// Which room of the node a sampled function belongs to: by the file it stands in. What has no file is native; a hash or a
// signature counts as crypto, anything else (a write to a socket, a copy of bytes) belongs to whoever called it.

/** In the order in which they are shown. */
export const rooms = [
  'actors',
  'consensus',
  'net',
  'storage',
  'ledger',
  'lib',
  'crypto',
  'node internals',
  'native',
  'gc',
  'other',
] as const;
export type Room = (typeof rooms)[number];

/** Of a frame of V8's profile. `caller` is for functions without a file; `idle` is no room at all. */
export type Place = Room | 'caller' | 'idle';

const byPackage: readonly (readonly [RegExp, Room])[] = [
  [/\/node_modules\/(sodium-native|@noble)\//, 'crypto'],
  [/\/node_modules\/(rocksdb|classic-level|abstract-level|leveldown|abstract-leveldown)\//, 'storage'],
  [/\/node_modules\/(ws|bufferutil|fastify|@fastify)\//, 'net'],
  [/\/node_modules\/(msgpackr|@sinclair)\//, 'lib'],
  [/\/node_modules\//, 'other'],
];

const byFolder: readonly (readonly [RegExp, Room])[] = [
  [/\/(lib\/(suites\/|hash\.|crc32\.)|actors\/drivers\/native-sha256\.)/, 'crypto'],
  [/\/actors\//, 'actors'],
  [/\/consensus\//, 'consensus'],
  [/\/net\//, 'net'],
  [/\/storage\//, 'storage'],
  [/\/ledger\//, 'ledger'],
  [/\/lib\//, 'lib'],
];

const crypto = /^(crypto_|sodium|sign$|verify$|sha256|hash$|oneShotDigest|digest$|update$|Hash$|Hmac$|createHash)/;

/** @param frame of a node of the profile: the function's name and the URL of its file, '' for native code */
export function placeOf(frame: { readonly functionName: string; readonly url: string }): Place {
  const { functionName, url } = frame;
  if (functionName === '(idle)' || functionName === '(root)') return 'idle';
  if (functionName === '(garbage collector)') return 'gc';
  if (functionName === '(program)') return 'native';
  if (url.startsWith('node:')) return 'node internals';
  if (url === '') return crypto.test(functionName) ? 'crypto' : 'caller';
  // the product's own folders stand below dist/, whatever the clone is called
  const path = url.slice(url.lastIndexOf('/dist/') + 1);
  const table = url.includes('/node_modules/') ? byPackage : byFolder;
  return table.find(([pattern]) => pattern.test(url.includes('/node_modules/') ? url : path))?.[1] ?? 'other';
}
