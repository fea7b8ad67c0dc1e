// Whether and how this tab helps. It outlives what the page shows: somebody who helps in the lobby helps in the run, and in
// the next one that begins at this address.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { RunPhase } from '../../shared/watch/messages.ts';
import { callMe } from './identity.ts';
import { defaultVolunteers, type Help, noHelp, Volunteers } from './volunteers.ts';

/** Below this charge, and not plugged in, a battery is left alone. */
const lowCharge = 0.2;

interface Battery extends EventTarget {
  readonly charging: boolean;
  readonly level: number;
}

interface NavigatorWithBattery extends Navigator {
  readonly getBattery?: () => Promise<Battery>;
}

/** True while the battery is nearly empty, where the browser tells. */
function useLowBattery(): boolean {
  const [isLow, setLow] = useState(false);
  useEffect(() => {
    const { getBattery } = navigator as NavigatorWithBattery;
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
  readonly isBatteryLow: boolean;
  readonly cores: number;
  readonly setHelping: (isHelping: boolean) => void;
  readonly setCores: (cores: number) => void;
  /** Those of this tab that are connected say the new name, too. */
  readonly setName: (name: string) => void;
}

export function useHelping(phase: RunPhase): Helping {
  const [help, setHelp] = useState<Help>(noHelp);
  const [isHelping, setHelping] = useState(false);
  const [cores, setCores] = useState(defaultVolunteers);
  const isBatteryLow = useLowBattery();
  const volunteers = useRef<Volunteers | undefined>(undefined);
  volunteers.current ??= new Volunteers(setHelp);

  const wanted = isHelping && !isBatteryLow && phase !== 'finished' ? cores : 0;
  useEffect(() => volunteers.current?.setCount(wanted), [wanted]);
  useEffect(() => {
    const leave = () => volunteers.current?.setCount(0);
    addEventListener('pagehide', leave);
    return () => removeEventListener('pagehide', leave);
  }, []);
  useWakeLock(wanted > 0);

  const setName = (name: string) => {
    callMe(name);
    volunteers.current?.setCount(0);
    volunteers.current?.setCount(wanted);
  };
  return { help, isHelping, isBatteryLow, cores, setHelping, setCores, setName };
}
