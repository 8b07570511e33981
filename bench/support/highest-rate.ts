// The highest rate that a network bears, as a figure: the median of several searches with their spread, each with its own
// calibration before and after, and a minute at that median, which shows whether it lasts.

import { spreadOf } from '../load/index.ts';
import { type LoadFigures, load, withDevnet } from './devnet.ts';
import { tell } from './figures.ts';

export interface MaxFigures extends LoadFigures {
  readonly max: number;
  readonly confirmed: boolean;
  readonly boundBy: string;
  /** what checking signatures alone allows, as calibrated in that search */
  readonly limit?: number;
  readonly tries: readonly unknown[];
}

export interface Wanted {
  readonly name: string;
  /** of `psky load` */
  readonly words: readonly string[];
  readonly unit: string;
  /** of `psky dev` */
  readonly network?: readonly string[];
}

/** `[searches] [seconds of a try] [seconds at the median]` of the command line: five, 20 and 60. */
export async function tellHighestRate({ name, words, unit, network = [] }: Wanted): Promise<void> {
  const [searches = '5', seconds = '20', lasting = '60'] = process.argv.slice(2);
  await withDevnet(
    async (devnet) => {
      const found: MaxFigures[] = [];
      for (let i = 0; i < Number(searches); i++) {
        found.push(await load<MaxFigures>(devnet, '--find-max', '--seconds', seconds, ...words));
      }
      const rates = found.map(({ max }) => max);
      const rate = Math.round(spreadOf(rates).median);
      const run = ['--rate', String(rate), '--seconds', lasting, ...words];
      const lasted = rate === 0 ? undefined : await load(devnet, ...run);
      tell(name, unit, rates, {
        seconds,
        lasted: lasted && { rate, lasting, ...brief(lasted) },
        searches: found.map(brief),
      });
      const memory = [...found, ...(lasted === undefined ? [] : [lasted])].map(mostMegabytes);
      if (!memory.includes(0)) tell(`memory of a validator, ${name}`, 'MB', memory);
    },
    ...network,
  );
}

/** What a search or a run was, without the settings that are the same in all. */
function brief(figures: LoadFigures & Partial<MaxFigures>): object {
  const { max, confirmed, boundBy, limit, offered, committed, lost, latencyMs, tries, resources, calibration } =
    figures;
  const share = max === undefined || limit === undefined ? {} : { limit, shareOfLimit: max / limit };
  return { max, confirmed, boundBy, ...share, offered, committed, lost, latencyMs, tries, resources, calibration };
}

/** 0 where the system does not tell. */
function mostMegabytes({ resources }: LoadFigures): number {
  return Math.max(0, ...resources.map(({ rssMaxBytes }) => (rssMaxBytes ?? 0) / 1e6));
}
