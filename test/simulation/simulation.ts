// A deterministic simulation of a whole run: the real coordinator and the real workers' sessions, on machines, a network
// and a disk that fail as a seed says, in virtual time. At every event it is checked that nothing was lost, doubled or
// hoarded, and after every step that the parameters are the reference's, bit for bit.

import { isDeepStrictEqual } from 'node:util';
import type { PreparedJob } from '../../coordinator/computation/prepared_job.ts';
import type { OnSocket } from '../../coordinator/connections/worker_socket.ts';
import { type Coordinator, startCoordinator } from '../../coordinator/coordinator.ts';
import type { Platform } from '../../coordinator/platform.ts';
import { restoreCheckpoint } from '../../coordinator/records/checkpoint.ts';
import type { Disk } from '../../coordinator/records/disk.ts';
import { readLedger } from '../../coordinator/records/ledger.ts';
import { checkpointSteps, ledgerFile, newestCheckpoint } from '../../coordinator/records/run_folder.ts';
import { RunLock } from '../../coordinator/records/run_lock.ts';
import type { OwnShareMode } from '../../coordinator/run/own_share.ts';
import type { EpochEvent, TrainingEvent } from '../../coordinator/run/training_events.ts';
import type { WorkerId } from '../../coordinator/training/lease.ts';
import type { LeaseBook } from '../../coordinator/training/lease_book.ts';
import type { TrainerStatistics } from '../../coordinator/training/trainer.ts';
import type { CountedShard } from '../../coordinator/training/trainer_messages.ts';
import { InputError } from '../../shared/errors.ts';
import { doubling, flipping, lying, untouched } from './faults.ts';
import { Random } from './random.ts';
import { SimulatedDisk } from './simulated_disk.ts';
import type { SimulatedJob } from './simulated_job.ts';
import type { Link, Machine, Tamper } from './simulated_network.ts';
import { type SimulatedProcess, SimulatedProcesses } from './simulated_processes.ts';
import { SimulatedWorker, type WorkerNature } from './simulated_worker.ts';
import { VirtualTime } from './virtual_time.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly job: SimulatedJob;
  /** Workers at the start; by default as the seed says. */
  readonly workers?: number;
  /** For mutations: a lease book that breaks a rule. */
  readonly createLeaseBook?: (units: number) => LeaseBook;
}

export interface SimulationReport {
  readonly seed: number;
  /** Worker processes that took part, the ones started anew included. */
  readonly workers: number;
  readonly events: number;
  /** Virtual time, in milliseconds. */
  readonly duration: number;
  /** How often each fault fired. */
  readonly faults: ReadonlyMap<string, number>;
  readonly statistics: TrainerStatistics;
}

/** A rule that was broken, and the seed that shows it. */
export class SimulationFailure extends Error {
  constructor(seed: number, reason: string, options?: ErrorOptions) {
    super(`seed ${seed}: ${reason}`, options);
    this.name = 'SimulationFailure';
  }
}

const folder = 'run';

/** Milliseconds after the last fault within which every run must end. */
const calmTime = 30 * 60_000;

const maximumEvents = 3_000_000;

/** One start of the coordinator, to its end or its crash. */
interface Incarnation extends SimulatedProcess {
  coordinator?: Coordinator;
  /** Takes connections in. */
  admit?: OnSocket;
  /** The last step it did, or began with. */
  step: number;
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #random: Random;
  readonly #time = new VirtualTime();
  readonly #disk: SimulatedDisk;
  readonly #processes = new SimulatedProcesses();
  readonly #faults = new Map<string, number>();
  readonly #workers: SimulatedWorker[] = [];
  readonly #links = new Set<Link>();
  readonly #liar: boolean;
  readonly #ownShare: OwnShareMode;
  readonly #calmAt: number;
  #coordinator: Incarnation = { isAlive: false, step: 0 };
  /** Whoever was the last to have the run's folder. */
  #holder: SimulatedProcess = { isAlive: false };
  #started = 0;
  #nextWorkerId = 0;
  #failure: { readonly error: unknown } | undefined;
  #isDone = false;
  /** False if the disk was full at the end. */
  #isSaved = false;
  #statistics: TrainerStatistics = {
    lent: 0,
    late: 0,
    shadows: 0,
    confirmations: 0,
    contradictions: 0,
    replacements: 0,
  };

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#disk = new SimulatedDisk(this.#time, new Random(options.seed ^ 0x5eed));
    this.#liar = this.#random.chance(0.3);
    this.#calmAt = this.#random.scale(300, 60_000);
    this.#ownShare = this.#random.chance(0.5) ? 'beside workers' : 'nothing';
  }

  async run(): Promise<SimulationReport> {
    const { seed } = this.#options;
    this.#population();
    this.#startCoordinator();
    this.#scheduleFaults();
    let events = 0;
    while (!this.#isDone && this.#failure === undefined) {
      if (!this.#time.step()) throw new SimulationFailure(seed, 'nothing can happen any more, but the run is not done');
      // Whatever was promised happens before the next event.
      await new Promise(setImmediate);
      events += 1;
      this.#check();
      if (this.#time.now > this.#calmAt + calmTime) throw new SimulationFailure(seed, this.#describeStall());
      if (events > maximumEvents) throw new SimulationFailure(seed, `more than ${maximumEvents} events`);
    }
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      if (error instanceof SimulationFailure) throw error;
      throw new SimulationFailure(seed, error instanceof Error ? error.message : String(error), { cause: error });
    }
    if (this.#isSaved) await this.#checkLedger();
    const duration = this.#time.now;
    return { seed, workers: this.#started, events, duration, faults: this.#faults, statistics: this.#statistics };
  }

  readonly #count = (fault: string): void => {
    this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1);
  };

  readonly #fail = (error: unknown): void => {
    this.#failure ??= { error };
  };

  // --- workers ---

  #population(): void {
    const random = this.#random;
    const kind = random.next();
    const drawn = kind < 0.9 ? 1 + random.below(8) : kind < 0.99 ? 10 + random.below(50) : 200 + random.below(801);
    const count = this.#options.workers ?? drawn;
    for (let worker = 0; worker < count; worker++) this.#startWorker();
  }

  #startWorker(): void {
    const { job } = this.#options;
    this.#started += 1;
    this.#workers.push(
      new SimulatedWorker(`machine-${this.#started}`, this.#nature(), {
        time: this.#time,
        random: this.#random,
        job,
        coordinator: () => this.#coordinatorMachine(this.#coordinator),
        accept: (link, address) => this.#accept(link, address),
        onFailure: this.#fail,
      }),
    );
  }

  #nature(): WorkerNature {
    const random = this.#random;
    const calm =
      (tamper: Tamper): Tamper =>
      (frame) =>
        this.#time.now > this.#calmAt ? [frame] : tamper(frame);
    const kind = random.next();
    const probability = random.scale(0.005, 0.3);
    let tamper = { up: untouched, down: untouched };
    if (this.#liar && kind < 0.4) tamper = { up: calm(lying(random, probability, this.#count)), down: untouched };
    else if (kind > 0.8) {
      const doubled = calm(doubling(random, probability, this.#count));
      tamper = { up: doubled, down: doubled };
    } else if (kind > 0.6) {
      const flipped = calm(flipping(random, probability / 4, this.#count));
      tamper = { up: flipped, down: flipped };
    }
    return { perSample: random.scale(0.1, 100), latency: random.scale(0.05, 300), tamper };
  }

  // --- coordinator ---

  /** What was meant for an incarnation that is dead by now does not happen. */
  #coordinatorMachine(incarnation: Incarnation): Machine | undefined {
    if (!incarnation.isAlive || incarnation.admit === undefined) return undefined;
    const run = (task: () => void) => {
      if (!incarnation.isAlive) return;
      try {
        task();
      } catch (error) {
        this.#fail(error);
      }
    };
    return { run, freeAt: () => this.#time.now };
  }

  #accept(link: Link, address: string): void {
    this.#links.add(link);
    this.#coordinator.admit?.(link.open, address);
  }

  #startCoordinator(): void {
    const incarnation: Incarnation = { isAlive: true, step: 0 };
    this.#coordinator = incarnation;
    this.#conduct(incarnation).catch((error: unknown) => {
      // A full disk is a reason not to begin: somebody makes room, perhaps has already, and starts it again.
      if (error instanceof InputError && error.message.includes('ENOSPC')) this.#crashCoordinator();
      else if (isRefused(error) && incarnation.isAlive) this.#startLater(incarnation);
      else this.#fail(error);
    });
  }

  /** Somebody else has the folder: whoever wants to train there tries again. */
  #startLater(incarnation: Incarnation): void {
    incarnation.isAlive = false;
    this.#time.after(this.#random.scale(20, 5_000), () => this.#startCoordinator());
  }

  /** Another process that wants the run's folder, and keeps it for a while if it may. */
  #startRival(): void {
    const rival: SimulatedProcess = { isAlive: true };
    const disk = this.#disk.openedBy(() => rival.isAlive);
    const have = async () => {
      // A folder without a checkpoint is emptied by whoever begins the run anew.
      if ((await checkpointSteps(folder, disk)).length === 0) return;
      const lock = await RunLock.acquire(folder, disk, this.#processes.begin(rival));
      this.#hold(rival);
      await this.#time.wait(this.#random.scale(1, 5_000));
      if (rival.isAlive && this.#random.chance(0.5)) await lock.release();
    };
    have()
      .catch((error: unknown) => {
        if (isRefused(error)) this.#count('refused rival');
        else if (!(error instanceof InputError && error.message.includes('ENOSPC'))) this.#fail(error);
      })
      .finally(() => {
        rival.isAlive = false;
      });
  }

  #hold(process: SimulatedProcess): void {
    if (this.#holder !== process && this.#holder.isAlive) this.#broken('two processes have the folder of the run');
    this.#holder = process;
  }

  async #conduct(incarnation: Incarnation): Promise<void> {
    const { job } = this.#options;
    const isAlive = () => incarnation.isAlive;
    const disk = this.#disk.openedBy(isAlive);
    const prepared = job.restart();
    // A run that crashed before its first checkpoint is begun anew.
    const isNew = (await checkpointSteps(folder, disk)).length === 0;
    if (isNew) this.#disk.wipe();
    const checkpoint = isNew ? undefined : await newestCheckpoint(folder, { disk });
    if (checkpoint !== undefined) restoreCheckpoint(prepared.state, checkpoint.checkpoint, checkpoint.file);
    incarnation.step = checkpoint?.checkpoint.step ?? 0;
    const coordinator = await startCoordinator({
      prepared,
      checkpoint,
      records: { folder, policy: { steps: 2, seconds: 0, keep: 2 } },
      listen: { host: 'simulated', port: 1 },
      ownShare: this.#ownShare,
      onEvent: (event) => this.#onEvent(incarnation, prepared, event),
      platform: this.#platform(incarnation, disk),
    });
    incarnation.coordinator = coordinator;
    this.#hold(incarnation);
    const { checkpoint: saved, parametersDigest } = await coordinator.outcome;
    this.#isSaved = saved !== undefined;
    this.#addStatistics(coordinator);
    if (parametersDigest !== job.reference.digests.at(-1)) this.#broken('the final parameters differ');
    if ((await disk.list(folder)).includes('run.lock')) this.#broken('the folder is still locked');
    this.#isDone = true;
  }

  #platform(incarnation: Incarnation, disk: Disk): Partial<Platform> {
    const { createLeaseBook } = this.#options;
    const clock = this.#time.clockOf(() => incarnation.isAlive);
    const admit = (onSocket: OnSocket) => {
      incarnation.admit = onSocket;
    };
    return {
      clock,
      disk,
      processes: this.#processes.begin(incarnation),
      listen: async ({ port }) => ({ port, admit, close: async () => undefined }),
      nextTurn: (callback) => void clock.schedule(this.#random.scale(0.01, 20), callback),
      newWorkerId: () => `worker-${this.#nextWorkerId++}` as WorkerId,
      ...(createLeaseBook === undefined ? {} : { createLeaseBook }),
    };
  }

  #onEvent(incarnation: Incarnation, prepared: PreparedJob, event: TrainingEvent): void {
    if (event.type === 'step') this.#checkStep(incarnation, prepared, event.step, event.contributions);
    if (event.type === 'epoch') this.#checkMeasurement(event);
    if (event.type === 'warning')
      this.#count(/contradict|wrong answer/.test(event.message) ? 'liar found' : 'disk was full');
  }

  #crashCoordinator(): void {
    const { coordinator } = this.#coordinator;
    if (coordinator !== undefined) this.#addStatistics(coordinator);
    this.#coordinator.isAlive = false;
    if (this.#random.chance(0.5)) {
      this.#processes.cutPower();
      this.#disk.cutPower();
    }
    for (const link of this.#links) link.cut();
    this.#links.clear();
    const downtime = this.#random.scale(20, 5_000);
    this.#time.after(downtime, () => this.#startCoordinator());
    if (this.#random.chance(0.3)) this.#time.after(downtime, () => this.#startRival());
  }

  // --- faults ---

  #scheduleFaults(): void {
    const next = () => {
      if (this.#time.now >= this.#calmAt) return this.#calmDown();
      this.#strike();
      this.#time.after(this.#random.scale(2, 1_500), next);
    };
    this.#time.after(this.#random.scale(2, 1_500), next);
  }

  #strike(): void {
    const random = this.#random;
    const worker = random.pick(this.#workers);
    if (worker === undefined) return;
    const faults: readonly [string, number, () => void][] = [
      ['killed worker', 3, () => this.#replace(worker, () => worker.kill())],
      ['vanished worker', 2, () => this.#replace(worker, () => worker.vanish())],
      ['frozen worker', 3, () => worker.freeze(random.scale(10, 60_000))],
      ['cut connection', 2, () => worker.cut()],
      ['silent connection', 1, () => worker.loseNetwork()],
      ['slowed worker', 2, () => this.#slow(worker, random.scale(2, 50))],
      ['new worker', 1, () => this.#startWorker()],
      ['full disk', 1, () => this.#fillDisk(random.scale(10, 5_000))],
      ['crashed coordinator', 2, () => this.#crashIfAlive()],
      ['rival', 1, () => this.#startRival()],
    ];
    let weight = random.between(0, 18);
    for (const [name, share, strike] of faults) {
      weight -= share;
      if (weight >= 0) continue;
      this.#count(name);
      strike();
      return;
    }
  }

  #replace(worker: SimulatedWorker, end: () => void): void {
    end();
    this.#workers.splice(this.#workers.indexOf(worker), 1);
    this.#time.after(this.#random.scale(10, 5_000), () => this.#startWorker());
  }

  #slow(worker: SimulatedWorker, factor: number): void {
    worker.nature.perSample *= factor;
    this.#time.after(this.#random.scale(100, 20_000), () => {
      worker.nature.perSample /= factor;
    });
  }

  #fillDisk(milliseconds: number): void {
    this.#disk.full = true;
    this.#time.after(milliseconds, () => {
      this.#disk.full = false;
    });
  }

  #crashIfAlive(): void {
    if (this.#coordinator.isAlive) this.#crashCoordinator();
  }

  /** The last fault is over; from here on the run must come to its end. */
  #calmDown(): void {
    for (const worker of this.#workers) worker.thaw();
  }

  // --- rules ---

  #broken(reason: string): void {
    this.#fail(new SimulationFailure(this.#options.seed, reason));
  }

  #checkStep(
    incarnation: Incarnation,
    prepared: PreparedJob,
    step: number,
    contributions: readonly CountedShard[],
  ): void {
    if (step !== incarnation.step + 1) this.#broken(`step ${step} was applied after step ${incarnation.step}`);
    incarnation.step = step;
    const { reference } = this.#options.job;
    if (prepared.state.parametersDigest !== reference.digests[step]) {
      this.#broken(`the parameters after step ${step} are not the reference's`);
    }
    const units = Math.ceil(prepared.data.samplesInStep(step - 1) / prepared.job.microbatchSize);
    let next = 0;
    for (const { shard } of [...contributions].sort((one, other) => one.shard.first - other.shard.first)) {
      if (shard.first !== next) this.#broken(`step ${step} counted microbatch ${next} not exactly once`);
      next = shard.first + shard.count;
    }
    if (next !== units) this.#broken(`step ${step} counted ${next} of ${units} microbatches`);
  }

  /** What is printed as the run's result is right, whoever lies about it. */
  #checkMeasurement({ step, evaluation }: EpochEvent): void {
    const { test } = this.#options.job.reference;
    if (!isDeepStrictEqual(evaluation.test, test.get(step))) this.#broken(`a false measurement after step ${step}`);
  }

  /** After every event: nothing is hoarded, and no work is lost while there are workers. */
  #check(): void {
    const { isAlive, coordinator } = this.#coordinator;
    if (!isAlive || coordinator === undefined || coordinator.isOver) return;
    const { leases, gradients, workers } = coordinator.holdings;
    if (leases > 2 * workers) this.#broken(`${workers} workers hold ${leases} leases`);
    if (gradients > leases + maximumUnits) this.#broken(`${gradients} gradients are held for ${leases} leases`);
    if (workers > 0 && leases === 0) this.#broken(`${workers} workers are there, the run is not over, nothing is lent`);
  }

  async #checkLedger(): Promise<void> {
    const { seed, job } = this.#options;
    const content = await this.#disk.openedBy(() => true).read(ledgerFile(folder));
    const { records, broken } = readLedger(content);
    if (broken !== undefined) throw new SimulationFailure(seed, `ledger line ${broken.line}: ${broken.reason}`);
    const seen = new Set<number>();
    for (const record of records) {
      if (record.type === 'step') {
        seen.add(record.step);
        if (record.parameters !== job.reference.digests[record.step]) {
          throw new SimulationFailure(seed, `the ledger states other parameters for step ${record.step}`);
        }
      }
      if (record.type === 'epoch' && !record.everySampleOnce) {
        throw new SimulationFailure(
          seed,
          `epoch ${record.epoch} used ${record.distinct} samples ${record.samples} times`,
        );
      }
    }
    for (let step = 1; step <= job.reference.totalSteps; step++) {
      if (!seen.has(step)) throw new SimulationFailure(seed, `the ledger has no step ${step}`);
    }
  }

  #describeStall(): string {
    const { step, coordinator, isAlive } = this.#coordinator;
    const holdings = JSON.stringify(coordinator?.holdings);
    return `stalled at step ${step} (coordinator ${isAlive ? 'alive' : 'dead'}, ${holdings}, ${this.#workers.length} machines)`;
  }

  #addStatistics({ status: statistics }: Coordinator): void {
    const before = this.#statistics;
    this.#statistics = {
      lent: before.lent + statistics.lent,
      late: before.late + statistics.late,
      shadows: before.shadows + statistics.shadows,
      confirmations: before.confirmations + statistics.confirmations,
      contradictions: before.contradictions + statistics.contradictions,
      replacements: before.replacements + statistics.replacements,
    };
  }
}

/** The one-line error of whoever wants a folder that another process has. */
function isRefused(error: unknown): boolean {
  return error instanceof InputError && error.message.includes('trains in it');
}

/** Microbatches of the simulated job's mini-batch: as many gradients may wait for their siblings. */
const maximumUnits = 12;

/** @throws {SimulationFailure} naming the rule that was broken. */
export function simulate(options: SimulationOptions): Promise<SimulationReport> {
  return new Simulation(options).run();
}
