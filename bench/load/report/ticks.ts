// Round numbers along an axis.

export interface Ticks {
  readonly from: number;
  readonly to: number;
  readonly at: readonly number[];
  readonly scale: (value: number) => number;
}

const wantedTicks = 6;

export function linearTicks(least: number, most: number): Ticks {
  const span = most > least ? most - least : Math.max(Math.abs(most), 1);
  const raw = span / wantedTicks;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * ([1, 2, 5, 10].find((factor) => factor * unit >= raw) as number);
  const first = Math.floor(least / step);
  const last = Math.max(first + 1, Math.ceil(most / step));
  const at = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { from: at[0] as number, to: at.at(-1) as number, at, scale: (value) => value };
}

/** The same ticks on an axis that ends where the values do. */
export function tightTicks(values: readonly number[]): Ticks {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const ticks = linearTicks(least, most);
  if (least === most) return ticks;
  return { ...ticks, from: least, to: most, at: ticks.at.filter((value) => value >= least && value <= most) };
}

/** Powers of ten around the values, none of which is shown below a hundredth. */
export function logTicks(values: readonly number[]): Ticks {
  const low = Math.floor(Math.log10(Math.max(0.01, Math.min(...values))));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(0.01, ...values))));
  const at = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { from: at[0] as number, to: at.at(-1) as number, at, scale: (value) => Math.log10(value) };
}

/** Three digits, thousands apart: 12,500 and 0.25. */
export function tickText(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}
