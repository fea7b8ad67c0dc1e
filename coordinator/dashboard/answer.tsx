// What the model gives: bars for classes and labels, figures with their names.

import type { Gives } from '../../shared/model/takes_and_gives.ts';
import { percent, significant } from './format.ts';
import { texts } from './language.ts';
import { largestOf } from './look.ts';
import type { Answered } from './model_messages.ts';

/** Bars that are shown; of more classes the likeliest. */
const shown = 12;

export interface AnswerProps {
  readonly gives: Gives;
  readonly answered: Answered | undefined;
}

export function Answer({ gives, answered }: AnswerProps) {
  return (
    <div class="answer" aria-live="polite">
      <Headline gives={gives} answered={answered} />
      <Truth gives={gives} answered={answered} />
      <Outputs gives={gives} outputs={answered?.outputs} />
    </div>
  );
}

/** The answer in a word or two, as large as it deserves. */
function Headline({ gives, answered }: AnswerProps) {
  const { nothingYet, looksLike, highest } = texts().try;
  if (answered === undefined) return <p class="soft">{nothingYet}</p>;
  if (gives.kind !== 'classes') return null;
  const { outputs } = answered;
  const best = largestOf(outputs);
  const name = gives.names[best] ?? '';
  return (
    <p class="headline" data-testid="headline">
      {gives.are === 'probabilities' ? looksLike(name, percent(outputs[best] ?? 0, 1)) : highest(name)}
    </p>
  );
}

/** What a test sample is in truth. */
function Truth({ gives, answered }: AnswerProps) {
  const truth = answered?.sample?.truth;
  if (truth === undefined || gives.kind === 'tokens') return null;
  return <p class="soft">{texts().try.truth(truthText(gives, truth))}</p>;
}

function truthText(gives: Exclude<Gives, { readonly kind: 'tokens' }>, truth: Float32Array): string {
  const { names } = gives;
  if (gives.kind === 'classes') return names[truth[0] ?? 0] ?? '';
  if (gives.kind === 'labels') return names.filter((_, at) => (truth[at] ?? 0) > 0.5).join(', ') || '–';
  return [...truth].map((value) => significant(value)).join(', ');
}

function Outputs({ gives, outputs }: { readonly gives: Gives; readonly outputs: Float32Array | undefined }) {
  switch (gives.kind) {
    case 'classes':
      return gives.are === 'probabilities' ? (
        <Bars names={gives.names} values={outputs} />
      ) : (
        <Scores names={gives.names} values={outputs} />
      );
    case 'labels':
      return <Bars names={gives.names} values={outputs} />;
    case 'figures':
      return <Figures names={gives.names} values={outputs} />;
    case 'tokens':
      return null;
    default:
      return gives satisfies never;
  }
}

interface Named {
  readonly names: readonly string[];
  /** None while nothing is asked. */
  readonly values: Float32Array | undefined;
}

/** Which outputs are shown: all of a few, else the largest. */
function chosen({ names, values }: Named): readonly number[] {
  const all = [...names.keys()];
  if (names.length <= shown) return all;
  return all.sort((one, other) => (values?.[other] ?? 0) - (values?.[one] ?? 0)).slice(0, shown);
}

function Bars(named: Named) {
  const { names, values } = named;
  return (
    <>
      <ol class="bars">
        {chosen(named).map((at) => (
          <li key={at}>
            <span>{names[at]}</span>
            <meter min={0} max={1} value={values?.[at] ?? 0} aria-label={texts().try.probabilityOf(names[at] ?? '')} />
            <span data-testid={`output-${names[at]}`}>{values === undefined ? '–' : percent(values[at] ?? 0)}</span>
          </li>
        ))}
      </ol>
      <More named={named} />
    </>
  );
}

function Scores(named: Named) {
  const { names, values } = named;
  const [least, most] = [Math.min(0, ...(values ?? [])), Math.max(1, ...(values ?? []))];
  const { scores, scoreOf } = texts().try;
  return (
    <>
      <p class="soft">{scores}</p>
      <ol class="bars">
        {chosen(named).map((at) => (
          <li key={at}>
            <span>{names[at]}</span>
            <meter min={least} max={most} value={values?.[at] ?? least} aria-label={scoreOf(names[at] ?? '')} />
            <span data-testid={`output-${names[at]}`}>
              {values === undefined ? '–' : significant(values[at] ?? 0, 3)}
            </span>
          </li>
        ))}
      </ol>
      <More named={named} />
    </>
  );
}

function Figures(named: Named) {
  const { names, values } = named;
  return (
    <>
      <dl class="figures">
        {names.slice(0, shown).map((name, at) => (
          <div key={at}>
            <dt>{name}</dt>
            <dd data-testid={`output-${name}`}>{values === undefined ? '–' : significant(values[at] ?? 0)}</dd>
          </div>
        ))}
      </dl>
      <More named={named} />
    </>
  );
}

function More({ named: { names } }: { readonly named: Named }) {
  return names.length > shown ? <p class="soft">{texts().try.moreOutputs(String(names.length - shown))}</p> : null;
}
