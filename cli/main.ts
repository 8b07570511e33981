#!/usr/bin/env node
// The `psky` command: everything else is in program.ts and the verbs.

import { runProgram } from './program.ts';

await runProgram(process.argv);
