// psky init and psky testnet: homes of one node, and of all members of a new network.

import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { chainGenesis, type NetworkGenesis } from '../../consensus/genesis/index.ts';
import { present } from '../../lib/assert.ts';
import { toHex } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import { devAccount, keyPath, saveKeyText } from '../accounts.ts';
import { choosePorts, portsMode, portsOption } from '../dev/ports.ts';
import { exitCode } from '../exit.ts';
import { initialConfig } from '../home/config.ts';
import { createHome, createNetwork, devnetChains } from '../home/create.ts';
import { devnetFile, loadGenesisFile, nodeHome, openHome } from '../home/home.ts';
import { readSecretFile } from '../home/key-files.ts';
import { formatPeerUrl, type PeerTls, type PeerUrl, parsePeerUrl, peerUrlForm } from '../home/peer-url.ts';
import { addVerb, type Call, type Finish, wholeNumber } from '../verb.ts';

export function addInit(program: Command, finish: Finish): void {
  const init = {
    words: 'init',
    summary: 'make the home of one node: a follower of a network, or a validator that waits for its genesis',
    options: [
      { flags: '--name <word>', about: 'what the node is called', initial: 'node' },
      { flags: '--genesis <file>', about: 'the network file; without it put one into config/ before the start' },
      {
        flags: '--peers <urls>',
        about: 'wss://<node id>@<host>:<port>, separated by commas; ws:// of a devnet without TLS',
        initial: '',
      },
      { flags: '--validator', about: 'make a validator key too' },
      portsOption,
    ],
    run: initHome,
  };
  const testnet = {
    words: 'testnet',
    summary: 'write the homes of all members of a new network; start each with psky start',
    options: [
      { flags: '--validators <n>', about: 'members', initial: 4, parse: wholeNumber({ min: 1, max: 100 }) },
      { flags: '--name <word>', about: 'what the network is called', initial: 'testnet' },
      { flags: '--hosts <addresses>', about: 'one per member, separated by commas; without it all on this machine' },
      portsOption,
    ],
    run: makeTestnet,
  };
  for (const spec of [init, testnet]) addVerb(program, spec, finish);
}

async function initHome(call: Call): Promise<number> {
  const path = resolve(call.homePath);
  const genesisFile = call.text('genesis');
  const genesis = genesisFile === undefined ? undefined : loadGenesisFile(resolve(genesisFile));
  const peers = parsePeers(call.text('peers') ?? '');
  if (genesis !== undefined) refuseStrangers(peers, genesis);
  const tls = tlsOf(peers);
  const [ports] = await choosePorts(1, portsMode(call));
  const { markFirstStart } = await import('../../drivers.ts');
  const parts = {
    config: initialConfig(call.text('name') ?? 'node', {
      ports: present(ports, 'ports are chosen'),
      peers: peers.map(({ address }) => address),
      tls,
    }),
    ...(genesis === undefined ? {} : { genesis }),
    validator: call.flag('validator'),
  };
  const { node, validator } = await createHome(path, parts, markFirstStart);
  if (genesisFile !== undefined && genesis?.dev === true) shareDevAccount(resolve(genesisFile), path);
  const report = {
    home: path,
    nodeId: node.nodeId,
    signingKey: validator === undefined ? null : toHex(validator.signingKey),
    encryptionKey: validator === undefined ? null : toHex(validator.encryptionKey),
  };
  call.out.result(report, `${path} is ready; node id ${node.nodeId}`);
  return exitCode.ok;
}

async function makeTestnet(call: Call): Promise<number> {
  const path = resolve(call.homePath);
  const count = call.number('validators');
  const hosts = call.text('hosts')?.split(',');
  if (hosts !== undefined && hosts.length !== count) {
    throw new PskyError('bad-usage', `--hosts names ${hosts.length} addresses for ${count} members.`);
  }
  const ports = await choosePorts(count, portsMode(call));
  const { markFirstStart } = await import('../../drivers.ts');
  const genesis = await createNetwork(
    path,
    {
      name: call.text('name') ?? 'testnet',
      dev: false,
      timeMs: Date.now(),
      followers: { mode: 'open', nodeIds: [] },
      chains: devnetChains.filter((chain) => chain.name === 'main'),
      members: ports.map((each, i) => ({
        name: `v${i + 1}`,
        host: hosts?.[i] ?? '127.0.0.1',
        // members on machines of their own all take the standard ports
        ports: hosts === undefined ? each : (ports[0] ?? each),
      })),
    },
    markFirstStart,
  );
  const homes = genesis.validators.map((each) => ({
    name: each.name,
    nodeId: each.nodeId,
    home: resolve(path, each.name),
  }));
  const { chain } = chainGenesis(genesis, 'main');
  call.out.result(
    { home: path, chainId: chain, validators: homes },
    `${homes.length} homes in ${path}; start each: psky start --home ${path}/v1`,
  );
  return exitCode.ok;
}

/** A devnet's account is there for whoever uses the devnet on this machine: at a node that follows it too. */
function shareDevAccount(genesisFile: string, path: string): void {
  const devnet = dirname(dirname(dirname(genesisFile)));
  if (!existsSync(devnetFile(devnet))) return;
  const source = keyPath(openHome(devnet), devAccount);
  if (existsSync(source)) saveKeyText(nodeHome(path), devAccount, readSecretFile(source));
}

/** Whoever follows, follows validators. */
function refuseStrangers(peers: readonly PeerUrl[], { validators }: NetworkGenesis): void {
  const stranger = peers.find(({ address }) => !validators.some((each) => each.nodeId === address.nodeId));
  if (stranger !== undefined)
    throw new PskyError('bad-usage', `${formatPeerUrl(stranger)} is no validator of this genesis.`);
}

/** A node speaks to all its peers in one way. Whether it may do so without TLS is asked at every start. */
function tlsOf(peers: readonly PeerUrl[]): PeerTls {
  const [first, ...others] = peers.map(({ tls }) => tls);
  if (others.some((tls) => tls !== first)) throw new PskyError('bad-usage', '--peers mixes wss:// and ws://.');
  return first ?? 'on';
}

function parsePeers(text: string): PeerUrl[] {
  return text
    .split(',')
    .filter((each) => each !== '')
    .map((url) => {
      const peer = parsePeerUrl(url);
      if (peer === undefined) throw new PskyError('bad-usage', `${url} is not ${peerUrlForm('on')}.`);
      return peer;
    });
}
