// A small network with all its weights, which change as it learns.

import type { Gives, Takes } from '../../shared/model/takes_and_gives.ts';
import { texts } from './language.ts';
import type { NetworkWeights } from './model_messages.ts';

/** Units of the drawing. */
const [width, height, margin, radius] = [480, 300, 110, 6];

/** The thickest line. */
const thickest = 5;

interface NetworkPictureProps {
  readonly network: readonly NetworkWeights[];
  readonly takes: Takes;
  readonly gives: Gives;
}

export function NetworkPicture({ network, takes, gives }: NetworkPictureProps) {
  const { network: heading, networkLabel } = texts().try;
  const sizes = [network[0]?.inputs ?? 0, ...network.map(({ outputs }) => outputs)];
  const place = (layer: number, unit: number) => ({
    x: margin + (layer * (width - 2 * margin)) / Math.max(1, sizes.length - 1),
    y: ((unit + 0.5) * height) / (sizes[layer] ?? 1),
  });
  const [before, behind] = [inputNames(takes), outputNames(gives)];
  return (
    <section>
      <h3>{heading}</h3>
      <svg class="network" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={networkLabel(sizes.join(', '))}>
        {network.map((layer, at) => (
          <Lines key={at} layer={layer} at={at} place={place} />
        ))}
        {sizes.map((size, layer) =>
          Array.from({ length: size }, (_, unit) => {
            const { x, y } = place(layer, unit);
            return <circle key={`${layer} ${unit}`} cx={x} cy={y} r={Math.min(radius, height / size / 3)} />;
          }),
        )}
        <Names names={before} anchor="end" at={(unit) => place(0, unit)} />
        <Names names={behind} anchor="start" at={(unit) => place(sizes.length - 1, unit)} />
      </svg>
    </section>
  );
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface LinesProps {
  readonly layer: NetworkWeights;
  readonly at: number;
  readonly place: (layer: number, unit: number) => Point;
}

function Lines({ layer: { inputs, outputs, weights }, at, place }: LinesProps) {
  const reach = weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 1e-9);
  return (
    <>
      {Array.from({ length: inputs * outputs }, (_, index) => {
        const [from, to] = [place(at, Math.floor(index / outputs)), place(at + 1, index % outputs)];
        const weight = (weights[index] ?? 0) / reach;
        return (
          <line
            key={index}
            class={weight < 0 ? 'negative' : 'positive'}
            x1={from.x}
            y1={from.y}
            x2={to.x}
            y2={to.y}
            stroke-width={thickest * Math.abs(weight)}
          />
        );
      })}
    </>
  );
}

interface NamesProps {
  readonly names: readonly string[];
  readonly anchor: 'start' | 'end';
  readonly at: (unit: number) => Point;
}

/** Characters of a name for which there is room. */
const longestName = 16;

function Names({ names, anchor, at }: NamesProps) {
  const aside = anchor === 'end' ? -2 * radius : 2 * radius;
  return (
    <>
      {names.map((name, unit) => (
        <text key={unit} x={at(unit).x + aside} y={at(unit).y} text-anchor={anchor} dominant-baseline="middle">
          {name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name}
        </text>
      ))}
    </>
  );
}

function inputNames(takes: Takes): readonly string[] {
  if (takes.kind !== 'row') return [];
  return takes.features.flatMap((feature) => (feature.kind === 'figure' ? feature.name : feature.options));
}

function outputNames(gives: Gives): readonly string[] {
  return gives.kind === 'tokens' ? [] : gives.names;
}
