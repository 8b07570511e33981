// The decoders that are fuzzed, by name.

import { config } from './config.ts';
import { journalSegment } from './journal-segment.ts';
import { jsonRpc } from './json-rpc.ts';
import { peerFrame } from './peer-frame.ts';
import { streamFrame } from './stream-frame.ts';
import type { FuzzTarget } from './target.ts';

export const targets: readonly FuzzTarget[] = [peerFrame, streamFrame, jsonRpc, journalSegment, config];

export const targetOf = (name: string): FuzzTarget | undefined => targets.find((each) => each.name === name);
