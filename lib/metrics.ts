// Metrics: declared once with name, help and type, counted in memory, rendered as Prometheus text. One registry per node,
// so that simulated nodes do not add up. Pure: a driver serves what `render` returns.

import { assert } from './assert.ts';

export interface MetricDeclaration {
  /** Prometheus name: `psky_…`, unit last (`_seconds`, `_bytes`), counters end in `_total` */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels?: readonly string[];
  /** upper bounds of a histogram's buckets, ascending, in the unit of the name; +Inf is implied */
  readonly buckets?: readonly number[];
}

export type Labels = Readonly<Record<string, string>>;

/** One time series, looked up once: the cheap way on hot paths. */
export interface Series {
  /** counter: adds; gauge: adds (may be negative) */
  add(by?: number): void;
  /** gauge only */
  set(value: number): void;
  /** histogram only */
  observe(value: number): void;
}

export interface Metrics {
  /** Declaring the same metric again is allowed when it says the same. */
  declare(...declarations: readonly MetricDeclaration[]): void;
  series(name: string, labels?: Labels): Series;
  /** An undeclared name is counted in psky_metrics_undeclared_total and otherwise ignored. */
  count(name: string, by?: number, labels?: Labels): void;
  gauge(name: string, value: number, labels?: Labels): void;
  observe(name: string, value: number, labels?: Labels): void;
  /** `refresh` runs before each rendering: for values that are read off, not counted. */
  collect(refresh: () => void): void;
  /** current value of a counter or gauge, the number of observations of a histogram, 0 where there is none */
  value(name: string, labels?: Labels): number;
  /** Prometheus text exposition format 0.0.4 */
  render(): string;
  /** drops all series of a metric: before a refresh that reads off a changing set of labels */
  clear(name: string): void;
}

/** 10 µs to 10 s */
export const durationBuckets: readonly number[] = [
  0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Series per metric. At the bound further label values share one series, labelled `other`. */
const maxSeriesPerMetric = 1000;

const undeclared = 'psky_metrics_undeclared_total';

class Sample implements Series {
  readonly labels: Labels;
  readonly bounds: readonly number[] | undefined;
  readonly buckets: Float64Array | undefined;
  value = 0;
  sum = 0;

  constructor(labels: Labels, bounds: readonly number[] | undefined) {
    this.labels = labels;
    this.bounds = bounds;
    this.buckets = bounds === undefined ? undefined : new Float64Array(bounds.length + 1);
  }

  add(by = 1): void {
    this.value += by;
  }

  set(value: number): void {
    this.value = value;
  }

  observe(value: number): void {
    const bounds = this.bounds;
    const buckets = this.buckets;
    if (bounds === undefined || buckets === undefined) return;
    let i = 0;
    while (i < bounds.length && value > (bounds[i] as number)) i++;
    buckets[i] = (buckets[i] as number) + 1;
    this.value++;
    this.sum += value;
  }
}

interface Family {
  readonly declaration: MetricDeclaration;
  readonly samples: Map<string, Sample>;
}

export function createMetrics(...declarations: readonly MetricDeclaration[]): Metrics {
  const families = new Map<string, Family>();
  const refreshers: (() => void)[] = [];

  const declare = (...more: readonly MetricDeclaration[]): void => {
    for (const declaration of more) {
      const known = families.get(declaration.name)?.declaration;
      assert(known === undefined || sameDeclaration(known, declaration), `metric ${declaration.name} is declared once`);
      if (known === undefined) families.set(declaration.name, { declaration, samples: new Map() });
    }
  };

  const series = (name: string, labels: Labels = {}): Sample => {
    const family = families.get(name);
    return family === undefined ? series(undeclared, { name }) : sampleOf(family, labels);
  };

  /** the sample to write to, or undefined where the name is not declared, which is counted */
  const declared = (name: string, labels?: Labels): Sample | undefined => {
    if (families.has(name)) return series(name, labels);
    series(undeclared, { name }).add();
    return undefined;
  };

  declare({
    name: undeclared,
    help: 'Notes that name a metric which no room declared.',
    type: 'counter',
    labels: ['name'],
  });
  declare(...declarations);

  return {
    declare,
    series,
    count: (name, by, labels) => declared(name, labels)?.add(by),
    gauge: (name, value, labels) => declared(name, labels)?.set(value),
    observe: (name, value, labels) => declared(name, labels)?.observe(value),
    collect: (refresh) => void refreshers.push(refresh),
    value: (name, labels = {}) => families.get(name)?.samples.get(keyOf(labels))?.value ?? 0,
    clear: (name) => families.get(name)?.samples.clear(),
    render: () => {
      for (const refresh of refreshers) refresh();
      return [...families.values()].map(renderFamily).join('');
    },
  };
}

function sameDeclaration(a: MetricDeclaration, b: MetricDeclaration): boolean {
  return a.type === b.type && a.help === b.help && String(a.labels) === String(b.labels);
}

function sampleOf(family: Family, labels: Labels): Sample {
  const key = keyOf(labels);
  const known = family.samples.get(key);
  if (known !== undefined) return known;
  const { type, buckets } = family.declaration;
  if (family.samples.size >= maxSeriesPerMetric && !Object.values(labels).every((value) => value === 'other')) {
    return sampleOf(family, Object.fromEntries(Object.keys(labels).map((name) => [name, 'other'])));
  }
  const sample = new Sample(labels, type === 'histogram' ? (buckets ?? durationBuckets) : undefined);
  family.samples.set(key, sample);
  return sample;
}

function keyOf(labels: Labels): string {
  let key = '';
  for (const name in labels) key += `${name}\u0001${labels[name]}\u0002`;
  return key;
}

function renderFamily({ declaration, samples }: Family): string {
  if (samples.size === 0) return '';
  let text = `# HELP ${declaration.name} ${escapeHelp(declaration.help)}\n# TYPE ${declaration.name} ${declaration.type}\n`;
  for (const sample of samples.values()) text += renderSample(declaration.name, sample);
  return text;
}

function renderSample(name: string, sample: Sample): string {
  if (sample.bounds === undefined || sample.buckets === undefined) {
    return `${name}${renderLabels(sample.labels)} ${sample.value}\n`;
  }
  let text = '';
  let cumulative = 0;
  for (let i = 0; i <= sample.bounds.length; i++) {
    cumulative += sample.buckets[i] as number;
    const le = i === sample.bounds.length ? '+Inf' : String(sample.bounds[i]);
    text += `${name}_bucket${renderLabels({ ...sample.labels, le })} ${cumulative}\n`;
  }
  const labels = renderLabels(sample.labels);
  return `${text}${name}_sum${labels} ${sample.sum}\n${name}_count${labels} ${sample.value}\n`;
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escapeHelp = (text: string): string => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replace(/"/g, '\\"');
