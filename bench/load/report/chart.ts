// A line chart as inline SVG: axes with round numbers, a legend, a value under the pointer. Colours are classes, which
// the page sets for light and dark.

import { escapeText } from './escape.ts';
import { linearTicks, logTicks, type Ticks, tickText, tightTicks } from './ticks.ts';

export interface ChartSeries {
  readonly name: string;
  /** x and y; drawn in the order of x */
  readonly points: readonly (readonly [number, number])[];
  /** which colour of the page's palette; the series's place where absent */
  readonly color?: number;
  /** points that stand for themselves, without a line */
  readonly marks?: 'filled' | 'hollow';
}

export interface Chart {
  readonly title: string;
  /** what is measured along the sides, with units */
  readonly x: string;
  readonly y: string;
  readonly series: readonly ChartSeries[];
  readonly scale?: 'linear' | 'log';
  /** a horizontal line with a name, e.g. a bound */
  readonly bound?: { readonly at: number; readonly name: string };
  /** x from which on the run is measured: what is left of it is shaded */
  readonly from?: number;
}

const size = { width: 720, height: 270, left: 64, right: 30, top: 14, bottom: 44 };
const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };

/** @returns a figure element, empty where there are no points */
export function lineChart(chart: Chart): string {
  const points = chart.series.flatMap((series) => series.points);
  if (points.length === 0) return '';
  const ys = [...points.map(([, y]) => y), ...(chart.bound === undefined ? [] : [chart.bound.at])];
  const xTicks = tightTicks(points.map(([x]) => x));
  const yTicks = chart.scale === 'log' ? logTicks(ys) : linearTicks(0, Math.max(...ys));
  const place = placer(xTicks, yTicks);
  const body = [
    warmUp(chart, place, xTicks),
    grid(xTicks, yTicks, place),
    chart.bound === undefined ? '' : boundLine(chart.bound, place),
    ...chart.series.map((series, i) => drawn(chart, series, series.color ?? i, place)),
    `<text class="axis" x="${size.left + inner.width / 2}" y="${size.height - 6}" text-anchor="middle">${escapeText(chart.x)}</text>`,
  ].join('');
  const label = escapeText(`${chart.title}: ${chart.y} against ${chart.x}`);
  return (
    `<figure><figcaption>${escapeText(chart.title)} <small>${escapeText(chart.y)}</small></figcaption>${legend(chart)}` +
    `<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${label}">${body}</svg></figure>`
  );
}

interface Placer {
  x(value: number): number;
  y(value: number): number;
}

function placer(x: Ticks, y: Ticks): Placer {
  const scaled = (value: number, ticks: Ticks): number => {
    const { from, to, scale } = ticks;
    return (scale(value) - scale(from)) / (scale(to) - scale(from));
  };
  return {
    x: (value) => round(size.left + scaled(value, x) * inner.width),
    y: (value) => round(size.top + (1 - scaled(Math.max(value, y.from), y)) * inner.height),
  };
}

function grid(x: Ticks, y: Ticks, place: Placer): string {
  const bottom = size.top + inner.height;
  const right = size.left + inner.width;
  const across = y.at.map((value) => {
    const at = place.y(value);
    return (
      `<line class="grid" x1="${size.left}" x2="${right}" y1="${at}" y2="${at}"/>` +
      `<text class="tick" x="${size.left - 8}" y="${at + 4}" text-anchor="end">${tickText(value)}</text>`
    );
  });
  const along = x.at.map((value) => {
    const at = place.x(value);
    return (
      `<line class="grid" x1="${at}" x2="${at}" y1="${bottom}" y2="${bottom + 4}"/>` +
      `<text class="tick" x="${at}" y="${bottom + 18}" text-anchor="middle">${tickText(value)}</text>`
    );
  });
  return [...across, ...along].join('');
}

function warmUp({ from }: Chart, place: Placer, x: Ticks): string {
  if (from === undefined || from <= x.from) return '';
  const width = round(place.x(from) - size.left);
  return (
    `<rect class="warm-up" x="${size.left}" y="${size.top}" width="${width}" height="${inner.height}"/>` +
    `<text class="tick" x="${size.left + 6}" y="${size.top + inner.height - 6}">warm-up</text>`
  );
}

function boundLine(bound: { readonly at: number; readonly name: string }, place: Placer): string {
  const at = place.y(bound.at);
  return (
    `<line class="bound" x1="${size.left}" x2="${size.left + inner.width}" y1="${at}" y2="${at}"/>` +
    `<text class="tick" x="${size.left + inner.width - 4}" y="${at - 5}" text-anchor="end">${escapeText(bound.name)}</text>`
  );
}

/** Curves of hundreds of points need no dots; each point answers the pointer with its value all the same. */
const dotsUpTo = 60;

function drawn(chart: Chart, series: ChartSeries, color: number, place: Placer): string {
  const sorted = [...series.points].sort(([a], [b]) => a - b);
  const path = sorted.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${place.x(x)} ${place.y(y)}`).join('');
  const line = series.marks === undefined ? `<path class="line c${color}" d="${path}"/>` : '';
  const radius = series.marks === undefined ? (sorted.length <= dotsUpTo ? 2.5 : 0) : 5;
  const kind = series.marks === 'hollow' ? 'hollow' : 'dot';
  const dots = sorted.map(([x, y]) => {
    const said = escapeText(`${series.name}: ${tickText(y)} ${chart.y} at ${tickText(x)} ${chart.x}`);
    const [cx, cy] = [place.x(x), place.y(y)];
    const seen = radius === 0 ? '' : `<circle class="${kind} c${color}" cx="${cx}" cy="${cy}" r="${radius}"/>`;
    return `<g>${seen}<circle class="touch" cx="${cx}" cy="${cy}" r="7"/><title>${said}</title></g>`;
  });
  return line + dots.join('');
}

function legend({ series }: Chart): string {
  if (series.length < 2) return '';
  const entries = series.map(({ name, color, marks }, i) => {
    const kind = marks === 'hollow' ? ' ring' : '';
    return `<li><i class="key${kind} c${color ?? i}"></i>${escapeText(name)}</li>`;
  });
  return `<ul class="legend">${entries.join('')}</ul>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
