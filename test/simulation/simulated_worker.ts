// A worker's machine: the real session on a computer that can be slow, freeze, lie, lose its network, or die.

import type { Clock } from '../../shared/clock.ts';
import type { Connect } from '../../worker/session/connection.ts';
import { workerLimitsOf } from '../../worker/session/limits.ts';
import { runWorker } from '../../worker/session/session.ts';
import type { Random } from './random.ts';
import type { SimulatedJob } from './simulated_job.ts';
import { Link, type Machine, type Tamper } from './simulated_network.ts';
import type { VirtualTime } from './virtual_time.ts';

export interface WorkerNature {
  /** Milliseconds a sample. */
  perSample: number;
  /** Milliseconds one way, at least. */
  readonly latency: number;
  readonly tamper: { readonly up: Tamper; readonly down: Tamper };
}

export interface WorkerWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly job: SimulatedJob;
  /** The machine of the coordinator, if one listens. */
  readonly coordinator: () => Machine | undefined;
  /** Hands a link to the coordinator. */
  readonly accept: (link: Link, address: string) => void;
  readonly onFailure: (error: unknown) => void;
}

export class SimulatedWorker implements Machine {
  readonly name: string;
  readonly nature: WorkerNature;
  readonly #world: WorkerWorld;
  readonly #tasks: (() => void)[] = [];
  #link: Link | undefined;
  #busyUntil = 0;
  #frozenUntil = 0;
  #pumping = false;
  isAlive = true;
  /** True once it was sent home. */
  isDone = false;

  constructor(name: string, nature: WorkerNature, world: WorkerWorld) {
    this.name = name;
    this.nature = nature;
    this.#world = world;
    const { time, random, job } = world;
    const clock: Clock = {
      now: () => Math.max(time.now, this.#busyUntil),
      schedule: (milliseconds, callback) => time.after(milliseconds, () => this.run(callback)),
    };
    runWorker({
      connect: this.#connect,
      engine: job.workerEngine((samples) => {
        this.#busyUntil = Math.max(time.now, this.#busyUntil) + samples * this.nature.perSample;
      }),
      kind: 'node',
      cores: 1,
      limits: workerLimitsOf('node'),
      retryFor: Number.POSITIVE_INFINITY,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      clock,
      random: () => random.next(),
    }).then(
      ({ kind, ...outcome }) => {
        if (kind === 'finished') this.isDone = true;
        else world.onFailure(new Error(`worker ${name} ended: ${kind} ${JSON.stringify(outcome)}`));
      },
      (error: unknown) => world.onFailure(error),
    );
  }

  readonly freeAt = (): number => Math.max(this.#world.time.now, this.#busyUntil);

  readonly run = (task: () => void): void => {
    if (!this.isAlive) return;
    this.#tasks.push(task);
    this.#pump();
  };

  get isConnected(): boolean {
    return this.#link !== undefined;
  }

  freeze(milliseconds: number): void {
    this.#frozenUntil = Math.max(this.#frozenUntil, this.#world.time.now + milliseconds);
  }

  thaw(): void {
    this.#frozenUntil = 0;
    this.#pumping = false;
    this.#pump();
  }

  /** SIGKILL: the system closes its connection. */
  kill(): void {
    this.isAlive = false;
    this.#link?.cut();
  }

  /** The plug is pulled: nobody is told. */
  vanish(): void {
    this.isAlive = false;
    this.loseNetwork();
  }

  cut(): void {
    this.#link?.cut();
  }

  /** Its connection is dead, but neither side knows. */
  loseNetwork(): void {
    if (this.#link !== undefined) this.#link.silent = true;
  }

  readonly #connect: Connect = async (handlers) => {
    const { time, random, accept } = this.#world;
    const latency = () => this.nature.latency * random.between(1, 1.5);
    await time.wait(2 * latency());
    if (!this.isAlive) return new Promise(() => undefined);
    const coordinator = this.#world.coordinator();
    if (coordinator === undefined) throw new Error('connection refused');
    const link = new Link({ time, worker: this, coordinator, latency, tamper: this.nature.tamper });
    const connection = link.connectWorker(handlers);
    accept(link, this.name);
    this.#link = link;
    return connection;
  };

  /** Takes one task after the other, each when the one before is done. */
  #pump(): void {
    if (this.#pumping || this.#tasks.length === 0) return;
    this.#pumping = true;
    const { time } = this.#world;
    time.at(Math.max(time.now, this.#busyUntil, this.#frozenUntil), () => {
      this.#pumping = false;
      if (!this.isAlive) return;
      if (time.now >= Math.max(this.#busyUntil, this.#frozenUntil)) this.#tasks.shift()?.();
      this.#pump();
    });
  }
}
