// What comes of the test samples: what the model gets most wrong, which classes it takes for which; and what its first layer
// looks for.

import { count, significant } from './format.ts';
import { texts } from './language.ts';
import type { Look } from './look.ts';
import type { FirstLayerPictures, Refreshed } from './model_messages.ts';
import { NetworkPicture } from './network_picture.tsx';
import { Picture } from './picture.tsx';

/** Classes of which a table can be read. */
const mostClasses = 20;

/** Of the figures that are furthest off. */
const shownErrors = 8;

export interface FindingsProps {
  readonly refreshed: Refreshed;
  /** To be told which test sample is to be looked at. */
  readonly onPick: (index: number) => void;
}

export function Findings({ refreshed, onPick }: FindingsProps) {
  const { look, takes, gives, firstLayer, network } = refreshed;
  return (
    <div class="findings">
      {look !== undefined && gives.kind === 'classes' && (
        <Worst refreshed={refreshed} look={look} names={gives.names} onPick={onPick} />
      )}
      {look?.confusion !== undefined && gives.kind === 'classes' && gives.names.length <= mostClasses && (
        <ConfusionTable names={gives.names} confusion={look.confusion} />
      )}
      {look?.errors !== undefined && gives.kind === 'figures' && (
        <Errors names={gives.names} look={look} errors={look.errors} onPick={onPick} />
      )}
      {network !== undefined && <NetworkPicture network={network} takes={takes} gives={gives} />}
      {firstLayer !== undefined && <FirstLayerUnits layer={firstLayer} />}
    </div>
  );
}

interface WorstProps {
  readonly refreshed: Refreshed;
  readonly look: Look;
  readonly names: readonly string[];
  readonly onPick: (index: number) => void;
}

function Worst({ refreshed: { takes, worstPictures }, look, names, onPick }: WorstProps) {
  const { worst: heading, taken, takenFor, right, noMistakes } = texts().try;
  const samples = count(look.samples);
  return (
    <section>
      <h3>{heading}</h3>
      <p class="soft">{look.worst.length === 0 ? noMistakes(samples) : right(count(look.right ?? 0), samples)}</p>
      <ul class="pictures">
        {look.worst.map(({ index, truth, given }, at) => {
          const [actual, predicted] = [names[truth] ?? '', names[given] ?? ''];
          const values = worstPictures[at];
          return (
            <li key={index}>
              <button type="button" class="plain" onClick={() => onPick(index)}>
                {values !== undefined && takes.kind === 'picture' && (
                  <Picture
                    {...takes}
                    values={values}
                    range={[takes.least, takes.most]}
                    label={takenFor(actual, predicted)}
                  />
                )}
                <span>{taken(actual, predicted)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function ConfusionTable({
  names,
  confusion,
}: {
  readonly names: readonly string[];
  readonly confusion: readonly number[];
}) {
  const { confusion: heading, confusionAxes, confusionCell } = texts().try;
  const classes = names.length;
  return (
    <section>
      <h3>{heading}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (axe: scrollable-region-focusable) */}
      <section class="scroll" tabIndex={0} aria-label={confusionAxes}>
        <table class="confusion">
          <caption class="soft">{confusionAxes}</caption>
          <thead>
            <tr>
              <td />
              {names.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((actual, row) => {
              const counts = confusion.slice(row * classes, (row + 1) * classes);
              const total = counts.reduce((sum, times) => sum + times, 0);
              return (
                <tr key={actual}>
                  <th scope="row">{actual}</th>
                  {counts.map((times, column) => (
                    <td
                      key={names[column]}
                      class={shadeOf(times / Math.max(1, total), row === column)}
                      title={confusionCell(actual, names[column] ?? '', count(times))}
                    >
                      {times === 0 ? '' : count(times)}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </section>
  );
}

/** Mistakes stand out by their share of the row; what is right is tinted alike. */
function shadeOf(share: number, isRight: boolean): string {
  if (share === 0) return '';
  if (isRight) return 'right';
  return share > 0.1 ? 'wrong much' : share > 0.02 ? 'wrong some' : 'wrong';
}

interface ErrorsProps {
  readonly names: readonly string[];
  readonly look: Look;
  readonly errors: readonly number[];
  readonly onPick: (index: number) => void;
}

function Errors({ names, look, errors, onPick }: ErrorsProps) {
  const { worst: heading, meanError, taken, off } = texts().try;
  return (
    <section>
      <h3>{heading}</h3>
      {names.slice(0, mostClasses).map((name, at) => (
        <p key={name} class="soft">
          {meanError(name, significant(errors[at] ?? 0, 3))}
        </p>
      ))}
      <ul class="pictures">
        {look.worst.slice(0, shownErrors).map(({ index, truth, given, by }) => (
          <li key={index}>
            <button type="button" class="plain" onClick={() => onPick(index)}>
              <span>{taken(significant(truth, 3), significant(given, 3))}</span>
              <span class="soft">{off(significant(by, 2))}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function FirstLayerUnits({ layer }: { readonly layer: FirstLayerPictures }) {
  const { firstLayer, unit } = texts().try;
  return (
    <section>
      <h3>{firstLayer}</h3>
      <ul class="pictures">
        {layer.pictures.map((weights, index) => {
          const reach = weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 1e-9);
          return (
            <li key={index}>
              <Picture {...layer} values={weights} range={[-reach, reach]} label={unit(count(index + 1))} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}
