// A volunteer: the worker's session in a Web Worker of a browser tab. Everything is driven by messages of the socket, so a
// hidden tab, whose timers are throttled, works on. Its mates run this script too; the first message says what it is.

import { PostedMate } from '../../shared/crew/posted_mate.ts';
import type { FromMate, ToMate } from '../../shared/crew/posted_messages.ts';
import { loadEngine } from '../../shared/engine/engine.ts';
import type { FromVolunteer, ToVolunteer } from '../../shared/watch/volunteer_messages.ts';
import { openEngine } from '../session/engine.ts';
import { workerLimitsOf } from '../session/limits.ts';
import { runWorker, type WorkerEvent } from '../session/session.ts';
import { browserClock } from './browser_clock.ts';
import { connectTo } from './browser_connection.ts';
import { browserCrew } from './browser_crew.ts';

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

async function help({ url, token, volunteer, threads }: Extract<ToVolunteer, { type: 'start' }>): Promise<void> {
  const outcome = await runWorker({
    connect: connectTo(url),
    engine: await openEngine(
      loadEngine,
      browserCrew(threads, (reason) => tell({ type: 'warned', reason })),
    ),
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

/** Undefined where this is no mate. */
let mate: Promise<PostedMate> | undefined;

function postToLead(message: FromMate, transferred: readonly ArrayBuffer[]): void {
  self.postMessage(message, [...transferred]);
}

self.onmessage = ({ data }: MessageEvent<ToVolunteer | ToMate>) => {
  switch (data.type) {
    case 'start':
      help(data).catch((error: unknown) => {
        tell({ type: 'ended', kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
      });
      break;
    case 'stop':
      stop.abort();
      break;
    case 'be a mate':
      // What it fails by is the lead's to hear: as an error that nobody has caught.
      mate = PostedMate.create(data, loadEngine, postToLead);
      mate.catch((error: unknown) => {
        setTimeout(() => {
          throw error;
        });
      });
      break;
    case 'task':
      void mate?.then((ready) => ready.take(data)); // which is ready, as it has said so
      break;
    default:
      data satisfies never;
  }
};
