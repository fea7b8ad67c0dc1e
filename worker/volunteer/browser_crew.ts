// A volunteer's crew: Web Workers that the volunteer's own starts, of the same script, and that become mates by their first
// message. They share no memory with it, as most pages may not: only an isolated one, over https, could.

import { type CrewForm, leadAlone } from '../../shared/crew/crew_form.ts';
import { type PostedThread, postedCrew } from '../../shared/crew/posted_crew.ts';
import type { FromMate } from '../../shared/crew/posted_messages.ts';
import { browserClock } from './browser_clock.ts';

/** As many threads as are wanted; one where the browser lets a Web Worker start no others. */
export function browserCrew(threads: number, onTrouble: (message: string) => void): CrewForm {
  if (threads === 1 || !('Worker' in globalThis)) return leadAlone;
  return postedCrew({ threads, clock: browserClock, onTrouble, startThread });
}

function startThread(onMessage: (message: FromMate) => void, onEnded: (reason: string) => void): PostedThread {
  const worker = new Worker(location.href, { type: 'module' });
  let isOver = false;
  worker.onmessage = ({ data }: MessageEvent<FromMate>) => {
    if (!isOver) onMessage(data);
  };
  worker.onerror = ({ message = '' }) => {
    if (isOver) return;
    isOver = true;
    worker.terminate();
    onEnded(message);
  };
  return {
    post: (message, transferred) => worker.postMessage(message, [...transferred]),
    end: () => {
      isOver = true;
      worker.terminate();
    },
  };
}
