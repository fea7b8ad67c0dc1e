// Curves that can be looked into: hovered over, zoomed, walked along with the keyboard.

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { texts } from './language.ts';
import { evenMarks, logarithmicMarks } from './scales.ts';

export interface Curve {
  readonly label: string;
  /** A custom property of style.css. */
  readonly color: string;
  /** Lengths of dashes and gaps, so that curves are told apart without colours. */
  readonly dash?: readonly number[];
  /** A line of many values, thin, without points. */
  readonly isFaint?: boolean;
}

export interface ChartProps {
  /** Said to those who cannot see it. */
  readonly description: string;
  readonly curves: readonly Curve[];
  /** Steps, and for each curve its value at each step; another function when there is something new. */
  readonly data: () => uPlot.AlignedData;
  readonly format: (value: number) => string;
  /** The largest value that there can be: an axis ends there. */
  readonly most?: number;
  /** For positive values over several orders of magnitude. */
  readonly isLogarithmic?: boolean;
  /** Drawn to be seen from the last row: no line is thin. */
  readonly isLarge?: boolean;
}

export function Chart(props: ChartProps) {
  const { description, curves, data, isLogarithmic = false, isLarge = false } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const drawn = () => (isLogarithmic ? exponents(data()) : data());

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const created = new uPlot(optionsFor(element, props), drawn(), element);
    plot.current = created;
    const resize = new ResizeObserver(() => created.setSize(sizeOf(element)));
    resize.observe(element);
    return () => {
      resize.disconnect();
      created.destroy();
    };
  }, [dark, curves.length, isLarge]);

  // Each chart in a task of its own, so that the page stays quick on a busy device.
  useEffect(() => whenIdle(() => plot.current !== undefined && renew(plot.current, drawn())), [data]);

  const key = (event: KeyboardEvent) => {
    if (plot.current !== undefined && pressed(plot.current, event.key)) event.preventDefault();
  };
  return (
    <div
      class="chart"
      role="img"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is walked along with the keyboard
      tabIndex={0}
      // Steps run from left to right in every language.
      dir="ltr"
      aria-label={`${description}; ${texts().charts.keys}`}
      ref={place}
      onKeyDown={key}
    />
  );
}

/** Takes new data; what was zoomed into stays in view. */
function renew(plot: uPlot, data: uPlot.AlignedData): void {
  const { min, max } = plot.scales.x ?? {};
  const before = plot.data[0];
  const isZoomed = before.length > 1 && (min !== before[0] || max !== before.at(-1));
  plot.setData(data, !isZoomed);
  if (isZoomed && min !== undefined && max !== undefined) plot.setScale('x', { min, max });
}

/** Parts of what is in view that a key moves or cuts off. */
const [stride, cut] = [0.05, 0.2];

/** Whether the key means something here. */
function pressed(plot: uPlot, key: string): boolean {
  const { min = 0, max = 1 } = plot.scales.x ?? {};
  const move = (part: number) => {
    const { left = 0 } = plot.cursor;
    const to = Math.max(0, Math.min(plot.over.clientWidth, Math.max(0, left) + part * plot.over.clientWidth));
    plot.setCursor({ left: to, top: 0 });
  };
  const zoom = (part: number) => plot.setScale('x', { min: min + part * (max - min), max: max - part * (max - min) });
  const all = () => plot.setScale('x', { min: plot.data[0][0] ?? 0, max: plot.data[0].at(-1) ?? 1 });
  const actions: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => move(-stride),
    ArrowRight: () => move(stride),
    '+': () => zoom(cut),
    '-': () => zoom(-cut),
    '0': all,
  };
  actions[key]?.();
  return key in actions;
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

function exponents([steps, ...curves]: uPlot.AlignedData): uPlot.AlignedData {
  const logarithm = (value: number | null | undefined) =>
    value === null || value === undefined || value <= 0 ? null : Math.log10(value);
  return [steps, ...curves.map((curve) => Array.from(curve, logarithm))];
}

/** Height over width of a plot that is wide enough, within pixels that suit every screen. */
const [proportion, leastHeight, mostHeight] = [0.6, 200, 420];

function sizeOf(element: HTMLElement): { readonly width: number; readonly height: number } {
  const { clientWidth: width } = element;
  const given = element.closest('.fills')?.clientHeight;
  const fitting = Math.max(leastHeight, Math.min(mostHeight, proportion * width));
  return { width, height: given === undefined ? fitting : Math.max(leastHeight, given) };
}

function optionsFor(element: HTMLElement, props: ChartProps): uPlot.Options {
  const { curves, format, most, isLogarithmic = false, isLarge = false } = props;
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name);
  const fontSize = isLarge ? 28 : 12;
  const font = `${fontSize}px system-ui, sans-serif`;
  const grid = { stroke: color('--line'), width: isLarge ? 2 : 1 };
  const axis = { stroke: color('--soft'), grid, ticks: { show: false }, font, labelFont: font };
  const value = (drawn: number) => (isLogarithmic ? 10 ** drawn : drawn);
  return {
    ...sizeOf(element),
    scales: { x: { time: false }, y: { range: (_, low, high) => rangeOf(low, high, most) } },
    axes: [
      {
        ...axis,
        size: 2 * fontSize + 8,
        space: 5 * fontSize,
        ...(isLarge ? {} : { label: texts().charts.step, labelSize: 18 }),
      },
      {
        ...axis,
        size: (_, marks) => Math.max(3, ...(marks ?? []).map(({ length }) => length)) * charWidth * fontSize + 14,
        splits: (plot, _axis, low, high) => marksOf(plot, fontSize, isLogarithmic, low, high),
        values: (_, marks) => marks.map((mark) => format(value(mark))),
      },
    ],
    cursor: { y: false, drag: { x: true, y: false }, points: { size: isLarge ? 16 : 8 } },
    legend: { show: !isLarge },
    series: [
      { label: texts().charts.step },
      ...curves.map(({ label, color: name, dash, isFaint = false }) => ({
        label,
        stroke: color(name),
        width: (isFaint ? 1.25 : 2.5) * (isLarge ? 2 : 1),
        alpha: isFaint ? 0.55 : 1,
        spanGaps: true,
        ...(dash === undefined ? {} : { dash: dash.map((length) => length * (isLarge ? 2 : 1)) }),
        points: { show: !isFaint, size: isLarge ? 12 : 6, fill: color(name) },
        value: (_: uPlot, drawn: number | null) => (drawn === null ? '–' : format(value(drawn))),
      })),
    ],
  };
}

/** Of a digit, over the size of its font. */
const charWidth = 0.6;

/** Room above and below the curves. */
const margin = 0.06;

function rangeOf(low: number | null, high: number | null, most = Number.POSITIVE_INFINITY): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 1];
  const room = (high - low) * margin || Math.abs(high) * margin || margin;
  return [low - room, Math.min(most, high + room)];
}

function marksOf(plot: uPlot, fontSize: number, isLogarithmic: boolean, low: number, high: number): number[] {
  const wanted = Math.max(2, Math.floor(plot.height / devicePixelRatio / (3 * fontSize)));
  if (!isLogarithmic) return [...evenMarks(low, high, wanted)];
  return logarithmicMarks(10 ** low, 10 ** high, wanted).map((mark) => Math.log10(mark));
}
