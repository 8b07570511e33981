// What a validator takes while nobody asks for anything. `node dist/bench/cluster/idle.js [seconds]`

import { setTimeout as delay } from 'node:timers/promises';
import { Sampler, useWithin } from '../load/sampler.ts';
import { withDevnet } from '../support/devnet.ts';
import { tell } from '../support/figures.ts';

const seconds = Number(process.argv[2] ?? 30);

await withDevnet(async (devnet) => {
  await delay(5_000); // what starting left behind
  const sampler = new Sampler(devnet.report?.validators ?? []);
  await delay(seconds * 1000);
  const uses = sampler.stop().map(({ samples }) => useWithin(samples, { fromMs: 0, toMs: Number.POSITIVE_INFINITY }));
  const told = uses.filter((use) => use !== undefined);
  if (told.length === 0) throw new Error('this system does not tell what processes take');
  const percent = told.map(({ cores }) => cores * 100);
  tell('idle validator', '% of a core', percent, { seconds });
  const megabytes = told.map(({ rssMaxBytes }) => rssMaxBytes / 1e6);
  tell('memory of an idle validator', 'MB', megabytes);
});
