// Whether memory stays bounded under load: ten minutes of it, with the resident memory of the validators as it goes. The
// figure that matters is the last one against the middle one: a leak shows as a slope.
// `node dist/bench/growth/memory.js [seconds] [rate] [mode]`

import { Sampler } from '../load/sampler.ts';
import { load, withDevnet } from '../support/devnet.ts';
import { tell } from '../support/figures.ts';

const seconds = Number(process.argv[2] ?? 600);
const rate = process.argv[3] ?? '5000';
const mode = process.argv[4] ?? 'blob';
const parts = 10;

await withDevnet(async (devnet) => {
  const sampler = new Sampler(devnet.report?.validators ?? []);
  const { committed } = await load(devnet, '--mode', mode, '--rate', rate, '--seconds', String(seconds));
  const processes = sampler.stop();
  for (let part = 0; part < parts; part++) {
    const values = processes.flatMap(({ samples }) => {
      const from = Math.floor((part * samples.length) / parts);
      const to = Math.floor(((part + 1) * samples.length) / parts);
      return samples.slice(from, to).map(({ rssBytes }) => rssBytes / 1e6);
    });
    if (values.length === 0) continue;
    const [begins, ends] = [part, part + 1].map((each) => Math.round((each * seconds) / parts));
    tell(`memory of a validator, ${begins} to ${ends} s`, 'MB', values, { rate, mode, committed });
  }
});
