// A text that the model goes on with, token by token.

import { useEffect, useState } from 'preact/hooks';
import { selfContainedTokenizer } from '../../shared/data/tokenizer.ts';
import type { TextTaken } from '../../shared/model/takes_and_gives.ts';
import { fixed } from './format.ts';
import { texts } from './language.ts';
import { SamplePicker } from './samples_trial.tsx';
import type { TrialProps } from './try_model.tsx';

/** Tokens that are written at a time. */
const written = 200;

const [leastTemperature, mostTemperature, usualTemperature] = [0, 1.5, 0.8];

export function TextTrial({ refreshed, state, link, takes }: TrialProps & { readonly takes: TextTaken }) {
  const [prompt, setPrompt] = useState('');
  const [temperature, setTemperature] = useState(usualTemperature);
  const sample = state.answered?.sample;
  useEffect(() => {
    if (sample?.text !== undefined) setPrompt(sample.text);
  }, [sample?.index]);
  const words = texts().try;
  if (selfContainedTokenizer(takes.vocabulary) === undefined) return <p>{words.noTokens}</p>;
  return (
    <div class="writing">
      <label>
        <span>{words.prompt}</span>
        <textarea rows={3} dir="auto" value={prompt} onInput={({ currentTarget }) => setPrompt(currentTarget.value)} />
      </label>
      <SamplePicker
        samples={refreshed.samples}
        answered={state.answered}
        onPick={(index) => link.ask({ type: 'sample', index })}
      />
      <label>
        <span>{words.temperature(fixed(temperature, 1))}</span>
        <input
          type="range"
          min={leastTemperature}
          max={mostTemperature}
          step={0.1}
          value={temperature}
          onInput={({ currentTarget }) => setTemperature(Number(currentTarget.value))}
        />
      </label>
      <button
        type="button"
        onClick={() => (state.isWriting ? link.stopWriting() : link.write(prompt, temperature, written))}
      >
        {state.isWriting ? words.stopWriting : words.write}
      </button>
      <section class="written" aria-label={words.written} aria-busy={state.isWriting} dir="auto">
        <span class="soft">{state.written === '' ? '' : prompt}</span>
        <span data-testid="written">{state.written}</span>
      </section>
    </div>
  );
}
