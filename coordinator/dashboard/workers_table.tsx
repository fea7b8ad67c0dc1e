// Who computes, how fast, and how much of the run was theirs.

import type { WorkerView } from '../../shared/watch/messages.ts';
import { count, milliseconds, percent } from './format.ts';
import { texts } from './language.ts';

/** A thousand rows would be read by nobody. */
const shown = 50;

export function WorkersTable({ workers }: { readonly workers: readonly WorkerView[] }) {
  const words = texts().workers;
  const total = workers.reduce((sum, { samples }) => sum + samples, 0);
  const hasAddresses = workers.some(({ address }) => address !== undefined);
  const rows = [...workers].sort((one, other) => other.samples - one.samples).slice(0, shown);
  return (
    <section class="card wide" aria-labelledby="workers">
      <h2 id="workers">{words.heading}</h2>
      {workers.length === 0 ? (
        <p class="soft">{words.nobody}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (axe: scrollable-region-focusable)
        <section class="scroll" tabIndex={0} aria-label={words.table}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.worker}</th>
                <th scope="col">{words.kind}</th>
                {hasAddresses && <th scope="col">{words.address}</th>}
                <th scope="col">{words.speed}</th>
                <th scope="col">{words.latency}</th>
                <th scope="col">{words.leases}</th>
                <th scope="col">{words.gradients}</th>
                <th scope="col">{words.share}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ id, kind, address, speed, latency, leases, contributions, samples }) => (
                <tr key={id}>
                  <td>{id}</td>
                  <td>{words.kinds[kind]}</td>
                  {hasAddresses && <td>{address}</td>}
                  <td>{speed === undefined ? '–' : count(speed)}</td>
                  <td>{latency === undefined ? '–' : milliseconds(latency)}</td>
                  <td>{leases}</td>
                  <td>{count(contributions)}</td>
                  <td>{total === 0 ? '–' : percent(samples / total, 1)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {workers.length > shown && <p class="soft">{words.more(count(workers.length - shown))}</p>}
        </section>
      )}
    </section>
  );
}
