// A row of figures, set with sliders, beginning with a row of the test set.

import { useEffect, useState } from 'preact/hooks';
import type { RowFeature, RowTaken } from '../../shared/model/takes_and_gives.ts';
import { Answer } from './answer.tsx';
import { count, significant } from './format.ts';
import { SamplePicker } from './samples_trial.tsx';
import type { TrialProps } from './try_model.tsx';

export function RowTrial({ refreshed, state: { answered }, link, takes }: TrialProps & { readonly takes: RowTaken }) {
  const [values, setValues] = useState(() => middleOf(takes));
  const sample = answered?.sample;
  useEffect(() => {
    if (refreshed.samples > 0) link.ask({ type: 'sample', index: 0 });
    else link.ask({ type: 'predict', values });
  }, []);
  useEffect(() => {
    if (sample !== undefined) setValues(sample.values);
  }, [sample?.index]);
  const set = (changes: ReadonlyMap<number, number>) => {
    const changed = values.map((value, at) => changes.get(at) ?? value);
    setValues(changed);
    link.ask({ type: 'predict', values: changed });
  };
  return (
    <div class="try">
      <div class="row">
        {takes.features.map((feature) => (
          <Feature key={feature.at} feature={feature} values={values} onSet={set} />
        ))}
      </div>
      <div>
        <Answer gives={refreshed.gives} answered={answered} />
        <SamplePicker
          samples={refreshed.samples}
          answered={answered}
          onPick={(index) => link.ask({ type: 'sample', index })}
        />
      </div>
    </div>
  );
}

function middleOf({ features }: RowTaken): Float32Array {
  const values: number[] = [];
  for (const feature of features) {
    if (feature.kind === 'figure') values[feature.at] = (feature.least + feature.most) / 2;
    else for (const option of feature.options.keys()) values[feature.at + option] = option === 0 ? 1 : 0;
  }
  return Float32Array.from(values);
}

interface FeatureProps {
  readonly feature: RowFeature;
  readonly values: Float32Array;
  readonly onSet: (changes: ReadonlyMap<number, number>) => void;
}

function Feature({ feature, values, onSet }: FeatureProps) {
  const { at, name } = feature;
  if (feature.kind === 'choice') {
    const { options } = feature;
    const chosen = options.findIndex((_, option) => (values[at + option] ?? 0) > 0.5);
    const choose = (wanted: number) =>
      onSet(new Map(options.map((_, option) => [at + option, option === wanted ? 1 : 0])));
    return (
      <label class="feature">
        <span>{name}</span>
        <select value={chosen} onChange={({ currentTarget }) => choose(Number(currentTarget.value))}>
          {options.map((option, number) => (
            <option key={option} value={number}>
              {option}
            </option>
          ))}
        </select>
      </label>
    );
  }
  const { least, most, isWhole } = feature;
  const value = values[at] ?? 0;
  return (
    <div class="feature">
      <label>
        <span>{name}</span>
        <input
          type="range"
          min={least}
          max={Math.max(most, least + Number.EPSILON)}
          step={isWhole ? 1 : 'any'}
          value={value}
          onInput={({ currentTarget }) => onSet(new Map([[at, Number(currentTarget.value)]]))}
        />
      </label>
      <span class="soft">{isWhole ? count(value) : significant(value)}</span>
    </div>
  );
}
