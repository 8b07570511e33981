#!/usr/bin/env node
// The `psky` command.

import { runProgram } from './program.ts';

await runProgram(process.argv);
