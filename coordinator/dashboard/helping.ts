// Whether and how this tab helps. It outlives what the page shows: somebody who helps in the lobby helps in the run, and in
// the next one that begins at this address.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { RunPhase } from '../../shared/watch/messages.ts';
import { callMe } from './identity.ts';
import { defaultThreads, type Help, noHelp, Volunteers } from './volunteers.ts';

/** Below this charge, and not plugged in, a battery is left alone. */
const lowCharge = 0.2;

interface Battery extends EventTarget {
  readonly charging: boolean;
  readonly level: number;
}

interface NavigatorWithBattery extends Navigator {
  readonly getBattery?: () => Promise<Battery>;
}

/** How the device is powered, where the browser tells. `low`: on a battery that is nearly empty. */
type Power = 'plugged in' | 'battery' | 'low' | 'unknown';

function usePower(): Power {
  const [power, setPower] = useState<Power>('unknown');
  useEffect(() => {
    const { getBattery } = navigator as NavigatorWithBattery;
    if (getBattery === undefined) return;
    const control = new AbortController();
    void getBattery.call(navigator).then((battery) => {
      const look = () => setPower(battery.charging ? 'plugged in' : battery.level < lowCharge ? 'low' : 'battery');
      battery.addEventListener('levelchange', look, { signal: control.signal });
      battery.addEventListener('chargingchange', look, { signal: control.signal });
      look();
    });
    return () => control.abort();
  }, []);
  return power;
}

/** The screen stays on while somebody helps, where the browser allows it: a phone that sleeps computes nothing. */
function useWakeLock(isWanted: boolean): void {
  useEffect(() => {
    if (!isWanted || !('wakeLock' in navigator)) return;
    let lock: WakeLockSentinel | undefined;
    let isOver = false;
    const ask = () => {
      if (document.hidden) return;
      navigator.wakeLock.request('screen').then(
        (granted) => {
          if (isOver) void granted.release();
          else lock = granted;
        },
        () => undefined, // The browser saves power: that is its right.
      );
    };
    ask();
    document.addEventListener('visibilitychange', ask);
    return () => {
      isOver = true;
      document.removeEventListener('visibilitychange', ask);
      void lock?.release();
    };
  }, [isWanted]);
}

export interface Helping {
  readonly help: Help;
  /** Whether somebody has said that this tab is to help. */
  readonly isHelping: boolean;
  readonly power: Power;
  readonly cores: number;
  readonly setHelping: (isHelping: boolean) => void;
  readonly setCores: (cores: number) => void;
  /** Those of this tab that are connected say the new name, too. */
  readonly setName: (name: string) => void;
}

export function useHelping(phase: RunPhase): Helping {
  const [help, setHelp] = useState<Help>(noHelp);
  const [isHelping, setHelping] = useState(false);
  const [cores, setCores] = useState(defaultThreads);
  const power = usePower();
  const volunteers = useRef<Volunteers | undefined>(undefined);
  volunteers.current ??= new Volunteers(setHelp);

  const wanted = isHelping && power !== 'low' && phase !== 'finished' ? cores : 0;
  useEffect(() => volunteers.current?.setThreads(wanted), [wanted]);
  useEffect(() => {
    const leave = () => volunteers.current?.setThreads(0);
    addEventListener('pagehide', leave);
    return () => removeEventListener('pagehide', leave);
  }, []);
  useWakeLock(wanted > 0);

  const setName = (name: string) => {
    callMe(name);
    volunteers.current?.setThreads(0);
    volunteers.current?.setThreads(wanted);
  };
  return { help, isHelping, power, cores, setHelping, setCores, setName };
}
