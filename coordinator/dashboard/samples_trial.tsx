// Samples of the test set, one after the other: for every model, and all there is for those that take what nobody can make up.

import { useEffect, useState } from 'preact/hooks';
import { Answer } from './answer.tsx';
import { count } from './format.ts';
import { texts } from './language.ts';
import type { Answered } from './model_messages.ts';
import type { TrialProps } from './try_model.tsx';

export interface SamplePickerProps {
  /** How many there are. */
  readonly samples: number;
  /** Which one is shown, if one is. */
  readonly answered: Answered | undefined;
  readonly onPick: (index: number) => void;
}

export function SamplePicker({ samples, answered, onPick }: SamplePickerProps) {
  const [last, setLast] = useState(-1);
  if (samples === 0) return null;
  const { sample: numbered, previous, next, anyOther, samples: heading } = texts().try;
  const pick = (index: number) => {
    const at = (index + samples) % samples;
    setLast(at);
    onPick(at);
  };
  const index = answered?.sample?.index;
  return (
    <fieldset class="picker">
      <legend>{heading}</legend>
      <button type="button" onClick={() => pick(last - 1)}>
        {previous}
      </button>
      <button type="button" onClick={() => pick(last + 1)}>
        {next}
      </button>
      <button type="button" onClick={() => pick(Math.floor(Math.random() * samples))}>
        {anyOther}
      </button>
      <span class="soft">{index === undefined ? '' : numbered(count(index + 1), count(samples))}</span>
    </fieldset>
  );
}

export function SamplesTrial({ refreshed, state: { answered }, link }: TrialProps) {
  const onPick = (index: number) => link.ask({ type: 'sample', index });
  useEffect(() => {
    if (refreshed.samples > 0) onPick(0);
  }, []);
  return (
    <div class="try">
      <SamplePicker samples={refreshed.samples} answered={answered} onPick={onPick} />
      <Answer gives={refreshed.gives} answered={answered} />
    </div>
  );
}
