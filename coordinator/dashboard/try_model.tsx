// Trying the model while it learns: what it takes is drawn, set, written or picked; what it gives stands beside it.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Takes } from '../../shared/model/takes_and_gives.ts';
import type { WeightsMessage } from '../../shared/watch/messages.ts';
import { Findings } from './findings.tsx';
import { count } from './format.ts';
import { texts } from './language.ts';
import { ModelLink, type ModelState, noModel } from './model_link.ts';
import type { Refreshed } from './model_messages.ts';
import { PictureTrial } from './picture_trial.tsx';
import { RowTrial } from './row_trial.tsx';
import { SamplesTrial } from './samples_trial.tsx';
import { TextTrial } from './text_trial.tsx';

/** Milliseconds between two looks at the newest parameters, while they change. */
const refreshInterval = 4_000;

export interface TryModelProps {
  readonly step: number;
  /** What the model takes, as far as it is known before the model is fetched. */
  readonly takes: Takes['kind'];
  /** The last parameters, of a coordinator that has ended. */
  readonly weights: WeightsMessage | undefined;
}

export function TryModel({ step, takes, weights }: TryModelProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section class="card full" aria-labelledby="try">
      <h2 id="try">{texts().try.heading}</h2>
      {isOpen ? (
        <OpenModel step={step} weights={weights} />
      ) : (
        <button type="button" onClick={() => setOpen(true)}>
          {texts().try.open[takes]}
        </button>
      )}
    </section>
  );
}

function OpenModel({ step, weights }: Pick<TryModelProps, 'step' | 'weights'>) {
  const [state, setState] = useState(noModel);
  const link = useRef<ModelLink | undefined>(undefined);
  const [newestStep, knownStep] = [useRef(step), useRef(-1)];
  newestStep.current = step;
  knownStep.current = state.refreshed?.step ?? -1;

  useEffect(() => {
    const created = new ModelLink(setState);
    link.current = created;
    const timer = setInterval(() => {
      if (knownStep.current !== newestStep.current && !document.hidden) created.refresh();
    }, refreshInterval);
    return () => {
      clearInterval(timer);
      created.close();
    };
  }, []);

  useEffect(() => {
    if (weights !== undefined) link.current?.adopt(weights);
  }, [weights]);

  const { refreshed, failure } = state;
  return (
    <>
      <p class="soft" role="status">
        {failure ?? (refreshed === undefined ? texts().try.loading : standing(refreshed))}
      </p>
      {refreshed !== undefined && link.current !== undefined && (
        <>
          <Trial refreshed={refreshed} state={state} link={link.current} />
          <Findings refreshed={refreshed} onPick={(index) => link.current?.ask({ type: 'sample', index })} />
        </>
      )}
    </>
  );
}

function standing({ step }: Refreshed): string {
  const { stepOf, untrained } = texts().try;
  return step === 0 ? untrained : stepOf(count(step));
}

export interface TrialProps {
  readonly refreshed: Refreshed;
  readonly state: ModelState;
  readonly link: ModelLink;
}

function Trial(props: TrialProps) {
  const { takes } = props.refreshed;
  switch (takes.kind) {
    case 'picture':
      return <PictureTrial {...props} takes={takes} />;
    case 'row':
      return <RowTrial {...props} takes={takes} />;
    case 'text':
      return <TextTrial {...props} takes={takes} />;
    case 'samples':
      return <SamplesTrial {...props} />;
    default:
      return takes satisfies never;
  }
}
