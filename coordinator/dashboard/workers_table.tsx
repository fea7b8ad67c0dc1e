// Who computes, how fast, and how much of the run was theirs.

import type { WorkerView } from '../../shared/watch/messages.ts';
import { count, milliseconds } from './format.ts';

const kindWords: Readonly<Record<WorkerView['kind'], string>> = {
  node: 'process',
  browser: 'tab',
  coordinator: 'own share',
};

/** A thousand rows would be read by nobody. */
const shown = 50;

export function WorkersTable({ workers }: { readonly workers: readonly WorkerView[] }) {
  const total = workers.reduce((sum, { samples }) => sum + samples, 0);
  const hasAddresses = workers.some(({ address }) => address !== undefined);
  const rows = [...workers].sort((one, other) => other.samples - one.samples).slice(0, shown);
  return (
    <section class="card wide" aria-labelledby="workers">
      <h2 id="workers">Workers</h2>
      {workers.length === 0 ? (
        <p class="soft">Nobody yet: the run waits. Press “Help train”, or start gradswarm worker.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (axe: scrollable-region-focusable)
        <section class="scroll" tabIndex={0} aria-label="workers, scrollable">
          <table>
            <thead>
              <tr>
                <th scope="col">worker</th>
                <th scope="col">kind</th>
                {hasAddresses && <th scope="col">address</th>}
                <th scope="col">samples/s</th>
                <th scope="col">latency</th>
                <th scope="col">leases</th>
                <th scope="col">gradients</th>
                <th scope="col">share</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ id, kind, address, speed, latency, leases, contributions, samples }) => (
                <tr key={id}>
                  <td>{id}</td>
                  <td>{kindWords[kind]}</td>
                  {hasAddresses && <td>{address}</td>}
                  <td>{speed === undefined ? '–' : count(speed)}</td>
                  <td>{latency === undefined ? '–' : milliseconds(latency)}</td>
                  <td>{leases}</td>
                  <td>{count(contributions)}</td>
                  <td>{total === 0 ? '–' : `${((100 * samples) / total).toFixed(1)} %`}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {workers.length > shown && <p class="soft">and {count(workers.length - shown)} more</p>}
        </section>
      )}
    </section>
  );
}
