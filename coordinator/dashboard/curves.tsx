// The curves of a run: of each step's mini-batch as a line, of the sets measured at each epoch's end as points joined by lines.

import { useCallback, useState } from 'preact/hooks';
import type { AlignedData } from 'uplot';
import type { EpochPoint, MeasuredSet, StepPoint } from '../../shared/watch/messages.ts';
import { Chart, type Curve } from './charts.tsx';
import { count, fixed, milliseconds, percent, significant } from './format.ts';
import { texts } from './language.ts';
import { smoothed } from './scales.ts';
import type { WatchedRun } from './watch.ts';

export type CurvedFigure = 'loss' | 'accuracy';

type CurveName = 'miniBatch' | 'training' | 'validation' | 'test';

const looks: Readonly<Record<CurveName, Omit<Curve, 'label'>>> = {
  miniBatch: { color: '--batch', isFaint: true },
  training: { color: '--training' },
  validation: { color: '--validation', dash: [8, 4] },
  test: { color: '--test', dash: [3, 3] },
};

/** Those of which there is something to see. */
export function curveNames({ steps, epochs }: WatchedRun, figure: CurvedFigure): readonly CurveName[] {
  const sets = (['training', 'validation', 'test'] as const).filter((set) =>
    epochs.some((epoch) => epoch[set]?.[figure] !== undefined),
  );
  return steps.some((point) => point[figure] !== undefined) ? ['miniBatch', ...sets] : sets;
}

/** Mini-batches and epochs on one axis. */
export function curveData(
  { steps: points, epochs }: Pick<WatchedRun, 'steps' | 'epochs'>,
  figure: CurvedFigure,
  names: readonly CurveName[],
  isSmooth: boolean,
): AlignedData {
  const batches = new Map(points.map((point: StepPoint) => [point.step, point[figure] ?? null]));
  const ends = new Map(epochs.map((epoch: EpochPoint) => [epoch.step, epoch]));
  const steps = [...new Set([...batches.keys(), ...ends.keys()])].sort((one, other) => one - other);
  const figureOf = (measured: MeasuredSet | undefined) => measured?.[figure] ?? null;
  const curves = names.map((name) => {
    if (name !== 'miniBatch') return steps.map((step) => figureOf(ends.get(step)?.[name]));
    const values = steps.map((step) => batches.get(step) ?? null);
    return isSmooth ? smoothed(values) : values;
  });
  return [steps, ...curves];
}

export function formatOf(figure: CurvedFigure): (value: number) => string {
  return figure === 'loss'
    ? (value) => significant(value, 3)
    : (value) => percent(value, Number.isInteger(Math.round(1e6 * value) / 1e4) ? 0 : 2);
}

interface CurvesProps {
  readonly watched: WatchedRun;
  readonly figure: CurvedFigure;
  readonly isLarge?: boolean;
}

/** Nothing, where the figure is not measured. */
export function Curves({ watched, figure, isLarge = false }: CurvesProps) {
  const [isSmooth, setSmooth] = useState(true);
  const words = texts().charts;
  const names = curveNames(watched, figure);
  const { steps, epochs } = watched;
  const data = useCallback(() => curveData(watched, figure, names, isSmooth), [steps, epochs, isSmooth, names.length]);
  if (names.length === 0 && (figure === 'accuracy' || isLarge)) return null;
  const curves = names.map((name) => ({ ...looks[name], label: words[name] }));
  return (
    <section class={isLarge ? 'large-chart' : 'card narrow'} aria-labelledby={figure}>
      <div class="heading">
        <h2 id={figure}>{words[figure]}</h2>
        {!isLarge && names.includes('miniBatch') && (
          <label class="soft">
            <input type="checkbox" checked={isSmooth} onChange={() => setSmooth(!isSmooth)} /> {words.smooth}
          </label>
        )}
      </div>
      {isLarge && <Legend curves={curves} />}
      {names.length === 0 ? (
        <p class="soft">{words.waiting}</p>
      ) : (
        <div class={isLarge ? 'fills' : ''}>
          <Chart
            description={descriptionOf(watched, figure)}
            curves={curves}
            data={data}
            format={formatOf(figure)}
            isLogarithmic={figure === 'loss'}
            isLarge={isLarge}
            {...(figure === 'accuracy' ? { most: 1 } : {})}
          />
        </div>
      )}
    </section>
  );
}

/** For those who sit far away: what uPlot says in small print. */
function Legend({ curves }: { readonly curves: readonly Curve[] }) {
  return (
    <ul class="legend">
      {curves.map(({ label, color, dash, isFaint = false }) => (
        <li key={label}>
          <svg width="64" height="16" aria-hidden="true">
            <line
              class={color.slice(2)}
              x1="0"
              y1="8"
              x2="64"
              y2="8"
              stroke-width={isFaint ? 3 : 6}
              stroke-dasharray={dash?.map((length) => 2 * length).join(' ')}
            />
          </svg>
          {label}
        </li>
      ))}
    </ul>
  );
}

function descriptionOf({ epochs }: WatchedRun, figure: CurvedFigure): string {
  const { byStep, onTest, [figure]: name } = texts().charts;
  const last = epochs.at(-1);
  const said = last?.test?.[figure];
  if (last === undefined || said === undefined) return byStep(name);
  const value = figure === 'loss' ? fixed(said, 4) : percent(said);
  return `${byStep(name)}; ${onTest(value, count(last.epoch))}`;
}

export function Durations({ steps }: { readonly steps: WatchedRun['steps'] }) {
  const words = texts().charts;
  const data = useCallback(
    (): AlignedData => [steps.map(({ step }) => step), steps.map(({ duration }) => duration ?? null)],
    [steps],
  );
  if (!steps.some(({ duration }) => duration !== undefined)) return null;
  const curves: readonly Curve[] = [{ label: words.aStep, color: '--batch', isFaint: true }];
  return (
    <section class="card narrow" aria-labelledby="durations">
      <h2 id="durations">{words.durations}</h2>
      <Chart description={words.durations} curves={curves} data={data} format={milliseconds} isLogarithmic />
    </section>
  );
}
