// The Web Workers by which this tab helps. Training never runs on the page's own thread.

import { workerPath } from '../../shared/protocol/worker_path.ts';
import type { FromVolunteer, ToVolunteer } from '../../shared/watch/volunteer_messages.ts';
import { volunteer as identified, rememberId } from './identity.ts';
import { presentedToken } from './link.ts';

export type VolunteerStatus = 'starting' | 'working' | 'waiting';

export interface Help {
  /** Web Workers that run. */
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

/** As many as leave the device usable. */
export function defaultVolunteers(): number {
  return Math.max(1, Math.floor(navigator.hardwareConcurrency / 2));
}

export class Volunteers {
  readonly #onChange: (help: Help) => void;
  readonly #volunteers = new Set<Volunteer>();
  #answers = 0;
  #wanted = 0;
  #status = '';
  #isTelling = false;

  constructor(onChange: (help: Help) => void) {
    this.#onChange = onChange;
  }

  /** Lets so many Web Workers help, more or fewer than before. */
  setCount(count: number): void {
    this.#wanted = count;
    while (this.#volunteers.size < count) this.#start();
    for (const volunteer of [...this.#volunteers].slice(count)) this.#stop(volunteer);
    this.#tell();
  }

  #start(): void {
    const volunteer: Volunteer = {
      worker: new Worker('volunteer.js', { type: 'module' }),
      id: undefined,
      status: 'starting',
    };
    this.#volunteers.add(volunteer);
    volunteer.worker.onmessage = ({ data }: MessageEvent<FromVolunteer>) => this.#take(volunteer, data);
    // Its script may not have come: a network that fails is no reason to give up.
    volunteer.worker.onerror = ({ message = '' }) => {
      this.#take(volunteer, { type: 'ended', kind: 'failed', reason: message });
      setTimeout(() => this.setCount(this.#wanted), pauseAfterFailure);
    };
    const token = presentedToken();
    const start = { type: 'start', url: workerUrl(), volunteer: identified() } as const;
    send(volunteer, token === undefined ? start : { ...start, token });
  }

  #stop(volunteer: Volunteer): void {
    this.#volunteers.delete(volunteer);
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
        this.#volunteers.delete(volunteer);
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
      const volunteers = [...this.#volunteers];
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
