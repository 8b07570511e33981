// A client in a browser: noble decides on signatures.

import { nobleSuite } from '../../lib/suites/noble.ts';
import type { Platform } from '../platform.ts';
import { webPlatform } from './web-platform.ts';

export const browserPlatform: Platform = webPlatform(nobleSuite);
