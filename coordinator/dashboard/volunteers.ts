// The Web Worker by which this tab helps, over one connection, with a crew of others behind it. Training never runs on the
// page's own thread.

import { workerPath } from '../../shared/protocol/worker_path.ts';
import type { FromVolunteer, ToVolunteer } from '../../shared/watch/volunteer_messages.ts';
import { volunteer as identified, rememberId } from './identity.ts';
import { presentedToken } from './link.ts';

export type VolunteerStatus = 'starting' | 'working' | 'waiting';

export interface Help {
  /** Those that run: one, or none. */
  readonly workers: number;
  /** What the coordinator calls those that are connected. */
  readonly ids: readonly string[];
  /** Leases answered, evaluations among them. */
  readonly answers: number;
  /** What is going on, for people. */
  readonly status: string;
}

export const noHelp: Help = { workers: 0, ids: [], answers: 0, status: '' };

interface Volunteer {
  readonly worker: Worker;
  id: string | undefined;
  status: VolunteerStatus;
}

/** Milliseconds that a volunteer has to say goodbye: one that computes cannot, and is ended all the same. */
const grace = 250;

/** Milliseconds after which one is started again that failed. */
const pauseAfterFailure = 5_000;

/** Milliseconds for which somebody must have left the number of threads as it is. */
const settling = 300;

/** As many threads as leave the device usable: all cores but one, or half of a phone's, which has a battery to spare. */
export function defaultThreads(): number {
  const cores = navigator.hardwareConcurrency;
  const isPhone = matchMedia('(pointer: coarse)').matches;
  return Math.max(1, isPhone ? Math.floor(cores / 2) : cores - 1);
}

export class Volunteers {
  readonly #onChange: (help: Help) => void;
  #volunteer: Volunteer | undefined;
  #answers = 0;
  /** Threads. */
  #wanted = 0;
  #status = '';
  #isTelling = false;

  constructor(onChange: (help: Help) => void) {
    this.#onChange = onChange;
  }

  /** Lets a crew of so many threads help, or nobody. */
  setThreads(threads: number): void {
    const isChanged = this.#volunteer !== undefined && this.#wanted !== threads;
    this.#wanted = threads;
    if (isChanged) this.#stop();
    if (isChanged && threads > 0) setTimeout(() => this.#startIf(threads), settling);
    else this.#startIf(threads);
    this.#tell();
  }

  #startIf(threads: number): void {
    if (threads > 0 && threads === this.#wanted && this.#volunteer === undefined) this.#start();
  }

  #start(): void {
    const volunteer: Volunteer = {
      worker: new Worker('volunteer.js', { type: 'module' }),
      id: undefined,
      status: 'starting',
    };
    this.#volunteer = volunteer;
    volunteer.worker.onmessage = ({ data }: MessageEvent<FromVolunteer>) => this.#take(volunteer, data);
    // Its script may not have come: a network that fails is no reason to give up.
    volunteer.worker.onerror = ({ message = '' }) => {
      this.#take(volunteer, { type: 'ended', kind: 'failed', reason: message });
      setTimeout(() => this.setThreads(this.#wanted), pauseAfterFailure);
    };
    const token = presentedToken();
    const start = { type: 'start', url: workerUrl(), volunteer: identified(), threads: this.#wanted } as const;
    send(volunteer, token === undefined ? start : { ...start, token });
  }

  #stop(): void {
    const volunteer = this.#volunteer;
    if (volunteer === undefined) return;
    this.#volunteer = undefined;
    send(volunteer, { type: 'stop' });
    setTimeout(() => volunteer.worker.terminate(), grace);
  }

  #take(volunteer: Volunteer, message: FromVolunteer): void {
    switch (message.type) {
      case 'connected':
        volunteer.status = 'working';
        volunteer.id = message.workerId;
        if (message.volunteer !== undefined) rememberId(message.volunteer);
        this.#status = '';
        break;
      case 'contributed':
        this.#answers += 1;
        break;
      case 'retrying':
        volunteer.status = 'waiting';
        this.#status = `${message.reason}; ${message.isStopped ? 'this page waits for it' : 'trying again'}`;
        break;
      case 'warned':
        this.#status = `the coordinator refused an answer: ${message.reason}`;
        break;
      case 'ended':
        if (this.#volunteer === volunteer) this.#volunteer = undefined;
        volunteer.worker.terminate();
        if (message.kind !== 'aborted') this.#status = message.reason;
        break;
      default:
        message satisfies never;
    }
    this.#tell();
  }

  /** A few times a second, however many answers there are. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setTimeout(() => {
      this.#isTelling = false;
      const volunteers = this.#volunteer === undefined ? [] : [this.#volunteer];
      this.#onChange({
        workers: volunteers.length,
        ids: volunteers.flatMap(({ id, status }) => (status === 'working' && id !== undefined ? id : [])),
        answers: this.#answers,
        status: this.#status,
      });
    }, 250);
  }
}

/** Where workers connect: beside this page, whatever prefix a reverse proxy gives it. */
function workerUrl(): string {
  const url = new URL(workerPath.slice(1), location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

function send({ worker }: Volunteer, message: ToVolunteer): void {
  worker.postMessage(message);
}
