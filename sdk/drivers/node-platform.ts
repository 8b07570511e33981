// A client in Node: libsodium decides on signatures.

import { sodiumSuite } from '../../lib/suites/sodium.ts';
import type { Platform } from '../platform.ts';
import { webPlatform } from './web-platform.ts';

export const nodePlatform: Platform = webPlatform(sodiumSuite);
