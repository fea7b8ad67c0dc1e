// A volunteer: the worker's session in a Web Worker of a browser tab. Everything is driven by messages of the socket, so a
// hidden tab, whose timers are throttled, works on.

import type { FromVolunteer, ToVolunteer } from '../../shared/watch/volunteer_messages.ts';
import { openEngine } from '../session/engine.ts';
import { workerLimitsOf } from '../session/limits.ts';
import { runWorker, type WorkerEvent } from '../session/session.ts';
import { browserClock } from './browser_clock.ts';
import { connectTo } from './browser_connection.ts';

declare const self: DedicatedWorkerGlobalScope;

const stop = new AbortController();

function tell(message: FromVolunteer): void {
  self.postMessage(message);
}

function tellEvent(event: WorkerEvent): void {
  switch (event.type) {
    case 'connected': {
      const { workerId, volunteer } = event;
      tell({ type: 'connected', workerId, ...(volunteer === undefined ? {} : { volunteer }) });
      break;
    }
    case 'contributed':
    case 'warned':
      tell(event);
      break;
    case 'retrying':
      tell({
        type: 'retrying',
        reason: event.reason,
        isStopped: event.cause === 'stopped',
        milliseconds: event.milliseconds,
      });
      break;
    default:
      event satisfies never;
  }
}

async function help({ url, token, volunteer }: Extract<ToVolunteer, { type: 'start' }>): Promise<void> {
  const outcome = await runWorker({
    connect: connectTo(url),
    engine: await openEngine(),
    kind: 'browser',
    cores: navigator.hardwareConcurrency,
    ...(token === undefined ? {} : { token }),
    ...(volunteer === undefined ? {} : { volunteer }),
    limits: workerLimitsOf('tab'),
    retryFor: Number.POSITIVE_INFINITY,
    signal: stop.signal,
    onEvent: tellEvent,
    clock: browserClock,
    random: Math.random,
  });
  const kind = outcome.kind === 'gave up' ? 'failed' : outcome.kind;
  tell({ type: 'ended', kind, reason: 'reason' in outcome ? outcome.reason : '' });
}

self.onmessage = ({ data }: MessageEvent<ToVolunteer>) => {
  switch (data.type) {
    case 'start':
      help(data).catch((error: unknown) => {
        tell({ type: 'ended', kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
      });
      break;
    case 'stop':
      stop.abort();
      break;
    default:
      data satisfies never;
  }
};
