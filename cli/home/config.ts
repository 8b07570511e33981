// config/config.toml: what one node does on this machine. The schema is strict, and every setting can be overridden by
// an environment variable PSKY_<SECTION>_<KEY>.

import { parse as parseToml } from 'smol-toml';
import { PskyError } from '../../lib/errors.ts';
import { type FieldFault, type Fields, readFields, refuseField } from '../../lib/fields.ts';
import { type LogLevel, logLevels } from '../../lib/log.ts';
import { GiB, MiB } from '../../lib/units.ts';
import { maxListedNames } from '../../net/gateway/limits.ts';
import type { PeerAddress } from '../../net/ports.ts';
import { formatPeerUrl, type PeerTls, parsePeerUrl, peerUrlForm } from './peer-url.ts';

export interface NodeConfig {
  readonly name: string;
  readonly peer: {
    readonly host: string;
    readonly port: number;
    readonly peers: readonly PeerAddress[];
    /** `off` is for a devnet alone */
    readonly tls: PeerTls;
  };
  readonly rpc: {
    readonly host: string;
    readonly port: number;
    /** names beside its own under which a proxy passes requests on */
    readonly hosts: readonly string[];
    /** of pages that may use this node from a browser */
    readonly origins: readonly string[];
  };
  readonly metrics: { readonly host: string; readonly port: number };
  readonly storage: { readonly engine: 'auto' | 'rocksdb' | 'classic-level'; readonly lowDiskBytes: number };
  readonly log: { readonly level: LogLevel; readonly modules: readonly ModuleLevel[] };
}

/** written as `module=level` */
export interface ModuleLevel {
  readonly module: string;
  readonly level: LogLevel;
}

export const standardPorts = { peer: 27650, rpc: 27651, metrics: 27652 } as const;

/** section → key → how an environment variable is read */
const settings: Readonly<Record<string, Readonly<Record<string, 'text' | 'number' | 'list'>>>> = {
  node: { name: 'text' },
  peer: { host: 'text', port: 'number', peers: 'list', tls: 'text' },
  rpc: { host: 'text', port: 'number', hosts: 'list', origins: 'list' },
  metrics: { host: 'text', port: 'number' },
  storage: { engine: 'text', low_disk_bytes: 'number' },
  log: { level: 'text', modules: 'list' },
};

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws PskyError `bad-configuration` or `insecure-bind`, with the place */
export function parseConfig(toml: string, environment: Environment): NodeConfig {
  let document: Record<string, Record<string, unknown>>;
  try {
    document = parseToml(toml) as Record<string, Record<string, unknown>>;
  } catch (error) {
    throw new PskyError('bad-configuration', firstLine((error as Error).message));
  }
  const places = override(document, environment);
  const read = readFields(document, readConfig);
  if (!read.ok) throw new PskyError('bad-configuration', describe(read.error, places));
  for (const port of ['rpc', 'metrics'] as const) {
    const { host } = read.value[port];
    if (!isLoopback(host)) throw new PskyError('insecure-bind', `${port}.host is ${host}.`);
  }
  return read.value;
}

function readConfig(root: Fields): NodeConfig {
  const endpoint = (fields: Fields) => ({
    host: readHost(fields),
    port: fields.whole('port', { min: 0, max: 65_535 }),
  });
  return {
    name: root.object('node', (fields) => fields.text('name', /^[a-z][a-z0-9-]{0,31}$/, 'a lower-case word')),
    peer: root.object('peer', (fields) => {
      const tls = fields.has('tls') ? fields.oneOf('tls', ['on', 'off']) : 'on';
      return { ...endpoint(fields), peers: fields.list('peers', 1_000, readPeerOf(tls)), tls };
    }),
    rpc: root.object('rpc', (fields) => ({
      ...endpoint(fields),
      hosts: fields.has('hosts') ? fields.list('hosts', maxListedNames, readHostName) : [],
      origins: fields.has('origins') ? fields.list('origins', maxListedNames, readOrigin) : [],
    })),
    metrics: root.object('metrics', endpoint),
    storage: root.object('storage', (fields) => ({
      engine: fields.oneOf('engine', ['auto', 'rocksdb', 'classic-level']),
      lowDiskBytes: fields.whole('low_disk_bytes', { min: 16 * MiB, max: 1024 * GiB }),
    })),
    log: root.object('log', (fields) => ({
      level: fields.oneOf('level', logLevels),
      modules: fields.list('modules', 100, readModuleLevel),
    })),
  };
}

function readHost(fields: Fields): string {
  return fields.text('host', /^[A-Za-z0-9.:-]{1,253}$/, 'a host name or an address');
}

function readHostName(value: unknown, place: string): string {
  if (typeof value === 'string' && /^([a-z0-9.-]{1,253}|\[[0-9a-f:]+\])$/.test(value)) return value;
  return refuseField('wrong-kind', place, 'expected a host name in lower case, without a port');
}

/** There is no wildcard: whoever may use a node from a browser is named. */
function readOrigin(value: unknown, place: string): string {
  if (typeof value === 'string' && /^https?:\/\/[a-z0-9.:[\]-]+$/.test(value) && URL.canParse(value)) {
    if (new URL(value).origin === value) return value;
  }
  return refuseField('wrong-kind', place, 'expected https://host or http://host:port in lower case, without a path');
}

/** A node that speaks TLS has no peers that do not, and the other way round. */
function readPeerOf(tls: PeerTls): (value: unknown, place: string) => PeerAddress {
  return (value, place) => {
    const peer = typeof value === 'string' ? parsePeerUrl(value) : undefined;
    if (peer?.tls === tls) return peer.address;
    const why = peer === undefined ? '' : `, as peer.tls is ${tls}`;
    return refuseField('wrong-kind', place, `expected ${peerUrlForm(tls)}${why}`);
  };
}

function readModuleLevel(value: unknown, place: string): ModuleLevel {
  const [, module, level] = (typeof value === 'string' && /^([a-z][a-z/-]*)=([a-z]+)$/.exec(value)) || [];
  const known = logLevels.find((each) => each === level);
  if (module === undefined || known === undefined) refuseField('wrong-kind', place, 'expected module=level');
  return { module, level: known };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Puts the environment's values into the document. @returns for each overridden place the variable's name */
function override(document: Record<string, Record<string, unknown>>, environment: Environment): Map<string, string> {
  const places = new Map<string, string>();
  for (const [variable, text] of Object.entries(environment)) {
    const [, section, key] = /^PSKY_([A-Z]+)_([A-Z_]+)$/.exec(variable)?.map((each) => each.toLowerCase()) ?? [];
    const keys = section === undefined ? undefined : settings[section];
    if (keys === undefined || section === undefined || key === undefined || text === undefined) continue;
    const kind = keys[key];
    if (kind === undefined)
      throw new PskyError('bad-configuration', `${variable.slice(0, 64)}: there is no such setting.`);
    document[section] = { ...document[section], [key]: fromText(kind, text) };
    places.set(`${section}.${key}`, variable);
  }
  return places;
}

function fromText(kind: 'text' | 'number' | 'list', text: string): unknown {
  if (kind === 'number') return /^[0-9]+$/.test(text) ? Number(text) : text;
  if (kind === 'list') return text === '' ? [] : text.split(',');
  return text;
}

function describe(fault: FieldFault, places: Map<string, string>): string {
  return `${places.get(fault.place) ?? fault.place}: ${fault.message}.`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}

/** The file's text, with a word on each setting. */
export function formatConfig(config: NodeConfig): string {
  const quoted = (texts: readonly string[]) =>
    `[${texts.map((each) => `\n  ${JSON.stringify(each)},`).join('')}${texts.length > 0 ? '\n' : ''}]`;
  const { peers, tls } = config.peer;
  return `# Settings of one PrivateSky node. Each can be overridden by PSKY_<SECTION>_<KEY>, e.g. PSKY_RPC_PORT=27661.

[node]
name = ${JSON.stringify(config.name)}

[peer]
# where other nodes connect; mutual TLS, pinned to node ids
host = ${JSON.stringify(config.peer.host)}
port = ${config.peer.port}
peers = ${quoted(peers.map((address) => formatPeerUrl({ address, tls })))}
# off: plain sockets (peers are ws:// then), on which nobody proves who it is; only on a devnet, to measure what TLS costs
tls = ${JSON.stringify(tls)}

[rpc]
# where clients connect: REST, JSON-RPC, WebSocket, stream; loopback only
host = ${JSON.stringify(config.rpc.host)}
port = ${config.rpc.port}
# names beside its own that requests may ask for, as a proxy passes them on, e.g. ["node.example"]
hosts = ${quoted(config.rpc.hosts)}
# pages of other origins that may use this node from a browser, e.g. ["https://app.example"]; none unless listed
origins = ${quoted(config.rpc.origins)}

[metrics]
# /metrics, /livez, /readyz
host = ${JSON.stringify(config.metrics.host)}
port = ${config.metrics.port}

[storage]
# auto takes the engine that fits the running Node; a home keeps the one it was made with
engine = ${JSON.stringify(config.storage.engine)}
# below this much free space nothing new is admitted
low_disk_bytes = ${config.storage.lowDiskBytes}

[log]
level = ${JSON.stringify(config.log.level)}
# e.g. ["net=debug"]; reloaded by SIGHUP
modules = ${quoted(config.log.modules.map((each) => `${each.module}=${each.level}`))}
`;
}

export type Ports = { readonly [K in keyof typeof standardPorts]: number };

/** Of a new home. @param given host: where peers connect */
export function initialConfig(
  name: string,
  given: {
    readonly host?: string;
    readonly ports?: Ports;
    readonly peers?: readonly PeerAddress[];
    readonly tls?: PeerTls;
  } = {},
): NodeConfig {
  const loopback = '127.0.0.1';
  const { host = loopback, ports = standardPorts, peers = [], tls = 'on' } = given;
  return {
    name,
    peer: { host, port: ports.peer, peers, tls },
    rpc: { host: loopback, port: ports.rpc, hosts: [], origins: [] },
    metrics: { host: loopback, port: ports.metrics },
    storage: { engine: 'auto', lowDiskBytes: 512 * MiB },
    log: { level: 'info', modules: [] },
  };
}
