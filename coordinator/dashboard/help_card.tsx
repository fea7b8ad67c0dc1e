// Helping with one tap, and how others join.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { renderSVG } from 'uqr';
import { joinFragment } from '../../shared/watch/links.ts';
import type { Invitation, WorkerView } from '../../shared/watch/messages.ts';
import { count } from './format.ts';
import { isInvited } from './link.ts';
import { defaultVolunteers, type Help, noHelp, Volunteers } from './volunteers.ts';

/** Below this charge, and not plugged in, a battery is left alone. */
const lowCharge = 0.2;

interface Battery extends EventTarget {
  readonly charging: boolean;
  readonly level: number;
}

interface NavigatorWithPower extends Navigator {
  readonly getBattery?: () => Promise<Battery>;
  readonly connection?: { readonly saveData?: boolean };
}

/** True while the battery is nearly empty, where the browser tells. */
function useLowBattery(): boolean {
  const [isLow, setLow] = useState(false);
  useEffect(() => {
    const { getBattery } = navigator as NavigatorWithPower;
    if (getBattery === undefined) return;
    const control = new AbortController();
    void getBattery.call(navigator).then((battery) => {
      const look = () => setLow(!battery.charging && battery.level < lowCharge);
      battery.addEventListener('levelchange', look, { signal: control.signal });
      battery.addEventListener('chargingchange', look, { signal: control.signal });
      look();
    });
    return () => control.abort();
  }, []);
  return isLow;
}

export interface HelpCardProps {
  /** How others can join; undefined if this page may only watch. */
  readonly invitation: Invitation | undefined;
  /** All of the run's. */
  readonly workers: readonly WorkerView[];
}

export function HelpCard({ invitation, workers }: HelpCardProps) {
  return (
    <section class="card narrow tall first" aria-labelledby="help">
      <h2 id="help">Help train</h2>
      {invitation === undefined ? (
        <p class="soft">This link lets you watch. To help, ask whoever started the run for the link to join.</p>
      ) : (
        <>
          <Helping workers={workers} />
          <Join invitation={invitation} />
        </>
      )}
    </section>
  );
}

/** Whether somebody was brought here to help; the button is shown then, and pressed by him alone. */
const wasInvited = isInvited();

function Helping({ workers: all }: Pick<HelpCardProps, 'workers'>) {
  const [help, setHelp] = useState<Help>(noHelp);
  const savesData = (navigator as NavigatorWithPower).connection?.saveData === true;
  const [isHelping, setHelping] = useState(false);
  const [workers, setWorkers] = useState(defaultVolunteers);
  const isLow = useLowBattery();
  const button = useRef<HTMLButtonElement>(null);
  const volunteers = useRef<Volunteers | undefined>(undefined);
  volunteers.current ??= new Volunteers(setHelp);

  const wanted = isHelping && !isLow ? workers : 0;
  useEffect(() => volunteers.current?.setCount(wanted), [wanted]);
  useEffect(() => {
    const leave = () => volunteers.current?.setCount(0);
    addEventListener('pagehide', leave);
    return () => removeEventListener('pagehide', leave);
  }, []);

  useEffect(() => {
    if (wasInvited) button.current?.scrollIntoView({ block: 'center' });
  }, []);

  return (
    <>
      <button
        type="button"
        class={wasInvited && !isHelping ? 'primary invited' : 'primary'}
        aria-pressed={isHelping}
        ref={button}
        onClick={() => setHelping(!isHelping)}
      >
        {isHelping ? 'Stop helping' : 'Help train'}
      </button>
      <label>
        <span class="soft">
          Cores to lend: {workers} of {navigator.hardwareConcurrency}
        </span>
        <input
          type="range"
          min="1"
          max={navigator.hardwareConcurrency}
          value={workers}
          onInput={({ currentTarget }) => setWorkers(Number(currentTarget.value))}
        />
      </label>
      <p class="soft" role="status">
        {describe(help, isHelping, isLow, savesData)}
      </p>
      {help.answers > 0 && <HelpFigures help={help} all={all} />}
    </>
  );
}

function describe(help: Help, isHelping: boolean, isLow: boolean, savesData: boolean): string {
  if (isHelping && isLow) return 'Paused: the battery is low.';
  if (!isHelping && savesData) return 'Your browser saves data: helping moves about a megabyte a second.';
  if (!isHelping)
    return help.status === '' ? 'Nothing is installed or stored; it ends when you close the tab.' : help.status;
  if (help.status !== '') return help.status;
  return `${help.ids.length} of ${help.workers} workers connected.`;
}

/** Of what the tab computed, the run counted what was first; the rest confirmed what others gave. */
function HelpFigures({ help, all }: { readonly help: Help; readonly all: readonly WorkerView[] }) {
  const own = all.filter(({ id }) => help.ids.includes(id));
  const total = all.reduce((sum, { samples }) => sum + samples, 0);
  const samples = own.reduce((sum, worker) => sum + worker.samples, 0);
  return (
    <dl class="figures">
      <div>
        <dt>leases answered</dt>
        <dd data-testid="answers">{count(help.answers)}</dd>
      </div>
      <div>
        <dt>gradients counted</dt>
        <dd data-testid="gradients">{count(own.reduce((sum, { contributions }) => sum + contributions, 0))}</dd>
      </div>
      <div>
        <dt>samples/s</dt>
        <dd>{count(help.speed)}</dd>
      </div>
      <div>
        <dt>of all samples</dt>
        <dd>{total === 0 ? '–' : `${((100 * samples) / total).toFixed(1)} %`}</dd>
      </div>
    </dl>
  );
}

function Join({ invitation: { addresses, token } }: { readonly invitation: Invitation }) {
  const [address] = addresses;
  const link = joinFragment(token);
  const picture = useMemo(
    () =>
      address === undefined ? undefined : `data:image/svg+xml,${encodeURIComponent(renderSVG(`${address}${link}`))}`,
    [address, link],
  );
  if (address === undefined) {
    return <p class="soft">Only this machine can join: start the coordinator with --host 0.0.0.0 to let phones in.</p>;
  }
  return (
    <div class="join">
      <img class="code" src={picture} alt={`QR code of ${address}`} />
      <div>
        {addresses.map((each) => (
          <div key={each}>
            <a href={`${each}${link}`}>{each}</a>
          </div>
        ))}
      </div>
    </div>
  );
}
