// The tab's title and icon tell the state of the run to whoever has the page in the background.

import { useEffect } from 'preact/hooks';
import { percent } from './format.ts';
import { phaseWords } from './sentences.ts';
import type { WatchedRun } from './watch.ts';

/** Of the run's steps; the icon is drawn anew for each hundredth alone. */
function partDone({ run, state }: WatchedRun): number {
  return run.totalSteps === 0 ? 0 : Math.floor((100 * state.step) / run.totalSteps) / 100;
}

export function titleOf(watched: WatchedRun, isConnected: boolean): string {
  const { run, state } = watched;
  return `${percent(partDone(watched), 0)} · ${phaseWords(state, isConnected)} · ${run.name}`;
}

/** A ring that closes as the run goes on; grey while the coordinator cannot be reached. */
export function iconOf(part: number, isConnected: boolean): string {
  const around = 2 * Math.PI * 24;
  const color = isConnected ? '#4f46e5' : '#888888';
  const ring = `<circle cx="32" cy="32" r="24" fill="none" stroke-width="14"`;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">${ring} stroke="#c7cad6"/>` +
    `${ring} stroke="${color}" stroke-dasharray="${(part * around).toFixed(1)} ${around.toFixed(1)}" transform="rotate(-90 32 32)"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

export function useDocumentState(watched: WatchedRun, isConnected: boolean): void {
  const title = titleOf(watched, isConnected);
  const part = partDone(watched);
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    document.querySelector('link[rel=icon]')?.setAttribute('href', iconOf(part, isConnected));
  }, [part, isConnected]);
}
