// Curves: of each step's mini-batch as a line, of the sets measured at each epoch's end as points joined by lines.

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { EpochPoint, MeasuredSet, StepPoint } from '../../shared/watch/messages.ts';

/** Pixels of a plot with its axes; the legend stands below. */
const plotHeight = 220;

export interface Curve {
  readonly label: string;
  /** A custom property of style.css. */
  readonly color: string;
  readonly isFaint?: boolean;
}

export interface ChartProps {
  /** Said to those who cannot see it. */
  readonly description: string;
  readonly curves: readonly Curve[];
  /** Steps, and for each curve its value at each step; another function when there is something new. */
  readonly data: () => uPlot.AlignedData;
  readonly format: (value: number) => string;
  /** For positive values over several orders of magnitude. */
  readonly isLogarithmic?: boolean;
}

export function Chart({ description, curves, data, format, isLogarithmic = false }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const created = new uPlot(optionsFor(element, curves, format, isLogarithmic), data(), element);
    plot.current = created;
    const resize = new ResizeObserver(() => created.setSize(sizeOf(element)));
    resize.observe(element);
    return () => {
      resize.disconnect();
      created.destroy();
    };
  }, [dark, curves.length]);

  // Each chart in a task of its own, so that the page stays quick on a busy device.
  useEffect(() => whenIdle(() => plot.current?.setData(data())), [data]);

  return <div class="chart" role="img" aria-label={description} ref={place} />;
}

/** Calls back soon, when nothing else is to be done; returns how to call that off. */
function whenIdle(callback: () => void): () => void {
  if (!('requestIdleCallback' in globalThis)) {
    const timer = setTimeout(callback);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(callback, { timeout: 1_000 });
  return () => cancelIdleCallback(handle);
}

function sizeOf(element: HTMLElement): { readonly width: number; readonly height: number } {
  return { width: element.clientWidth, height: plotHeight };
}

function optionsFor(
  element: HTMLElement,
  curves: readonly Curve[],
  format: (value: number) => string,
  isLogarithmic: boolean,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name);
  const axis = { stroke: color('--soft'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
  return {
    ...sizeOf(element),
    scales: { x: { time: false }, y: { distr: isLogarithmic ? 3 : 1 } },
    axes: [
      { ...axis, label: 'step', labelSize: 20 },
      { ...axis, size: 60, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))) },
    ],
    cursor: { y: false },
    series: [
      { label: 'step' },
      ...curves.map(({ label, color: name, isFaint }) => ({
        label,
        stroke: color(name),
        width: isFaint ? 1 : 2,
        alpha: isFaint ? 0.6 : 1,
        spanGaps: true,
        points: { show: isFaint !== true, size: 7, fill: color(name) },
        value: (_: uPlot, value: number | null) => (value === null ? '–' : format(value)),
      })),
    ],
  };
}

type Figure = 'loss' | 'accuracy';

export const curvesOfSets: readonly Curve[] = [
  { label: 'mini-batch', color: '--training', isFaint: true },
  { label: 'training', color: '--training' },
  { label: 'test', color: '--test' },
  { label: 'validation', color: '--validation' },
];

/** Mini-batches and epochs on one axis, for `curvesOfSets`. */
export function dataOfSets(
  stepPoints: readonly StepPoint[],
  epochs: readonly EpochPoint[],
  figure: Figure,
): uPlot.AlignedData {
  const batches = new Map(stepPoints.map((point) => [point.step, point[figure] ?? null]));
  const ends = new Map(epochs.map((epoch) => [epoch.step, epoch]));
  const steps = [...new Set([...batches.keys(), ...ends.keys()])].sort((one, other) => one - other);
  const of = (set: 'training' | 'validation' | 'test') => {
    const value = (measured: MeasuredSet | undefined) => measured?.[figure] ?? null;
    return steps.map((step) => value(ends.get(step)?.[set]));
  };
  return [steps, steps.map((step) => batches.get(step) ?? null), of('training'), of('test'), of('validation')];
}
