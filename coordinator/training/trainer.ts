// The trainer: the textbook loop as a state machine. Start reading here.
//
//   for each step:   lend the mini-batch's microbatches to workers, sum their gradients over the reduction tree,
//                    apply the optimizer once, go on with the new parameters
//   for each epoch:  the same workers measure training, validation and test data with the parameters just made
//
// Pure: events and the clock go in, commands come out; sockets, files, timers and arithmetic are the shell's. So the
// result cannot depend on who answered when: only the tree decides the order of the sums.

import type { Shard } from '../../shared/protocol/messages.ts';
import { ReductionTree } from '../../shared/reduction/tree.ts';
import {
  addSampleSums,
  type Evaluation,
  type EvaluationBlock,
  type EvaluationSizes,
  evaluationBlocks,
  evaluationFromBlocks,
  type Measurement,
  measurement,
  type SampleSums,
} from './evaluation.ts';
import { LeaseBook, type LeaseId, type LeaseRecord, type WorkerId } from './lease_book.ts';
import { Lender, type LendingStatistics, type Task } from './lending.ts';
import { type WorkerRecord, WorkerRegistry } from './worker_registry.ts';

/** A buffer that holds the summed gradient of one node of the tree; the shell owns what is in it. */
export type GradientSlot = number & { readonly kind: 'gradient slot' };

export interface TrainerPlan {
  /** Steps of the whole job. */
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly microbatchSize: number;
  /** Steps already done, when a run is resumed. */
  readonly firstStep: number;
  /** The last step whose parameters were evaluated: a run stopped in between takes the evaluation up again. */
  readonly evaluatedStep: number;
  readonly evaluation: EvaluationSizes;
  /** Samples in the mini-batch of a step; the last of an epoch may be smaller. */
  readonly samplesInStep: (step: number) => number;
  readonly learningRateAt: (step: number) => number;
}

export interface TrainerContribution extends SampleSums {
  readonly lease: LeaseId;
  /** Milliseconds that the worker says it computed. */
  readonly milliseconds: number;
  /** Absent for an evaluation. */
  readonly gradient?: GradientSlot;
}

/** A shard of a step that was counted, and the worker whose answer it was. */
export interface CountedShard {
  readonly worker: WorkerId;
  readonly shard: Shard;
}

export type TrainerEvent =
  /** `maximumUnits` bounds the shards that it is lent; absent: whatever it can do. */
  | { readonly type: 'worker joined'; readonly worker: WorkerId; readonly maximumUnits?: number }
  | { readonly type: 'worker left'; readonly worker: WorkerId }
  | { readonly type: 'contribution'; readonly worker: WorkerId; readonly contribution: TrainerContribution }
  /** The worker's answer is of no use: the lease is taken back. */
  | { readonly type: 'contribution refused'; readonly worker: WorkerId; readonly lease: LeaseId }
  | { readonly type: 'clock' };

/** What a lease asks for: a shard of a step's mini-batch, or one block of an evaluation. */
export type LeasedWork =
  | { readonly purpose: 'training'; readonly step: number; readonly shard: Shard }
  | { readonly purpose: 'evaluation'; readonly step: number; readonly shard: Shard; readonly block: EvaluationBlock };

export type TrainerCommand =
  | { readonly type: 'send parameters'; readonly worker: WorkerId; readonly step: number }
  | { readonly type: 'lend'; readonly worker: WorkerId; readonly lease: LeaseRecord; readonly work: LeasedWork }
  /** left = left + right; the right slot is free afterwards. */
  | { readonly type: 'add gradients'; readonly left: GradientSlot; readonly right: GradientSlot }
  | { readonly type: 'discard gradient'; readonly gradient: GradientSlot; readonly reason: string }
  /** Applies the optimizer: the parameters are those of `step` afterwards, the slot is free. */
  | {
      readonly type: 'apply gradient';
      readonly gradient: GradientSlot;
      readonly samples: number;
      readonly learningRate: number;
      readonly step: number;
    }
  | {
      readonly type: 'step done';
      readonly step: number;
      readonly measurement: Measurement;
      /** Who gave what: the shards tile the mini-batch. */
      readonly contributions: readonly CountedShard[];
    }
  | { readonly type: 'epoch done'; readonly epoch: number; readonly step: number; readonly evaluation: Evaluation }
  | { readonly type: 'finished'; readonly step: number };

/** A worker with a lease may be silent for this many times the time that it was given. */
const excusedTimes = 3;

interface GradientNode {
  readonly slot: GradientSlot;
  readonly sums: SampleSums;
}

type Phase =
  | {
      readonly name: 'training';
      readonly book: LeaseBook;
      readonly lender: Lender;
      readonly tree: ReductionTree<GradientNode>;
      counted: CountedShard[];
    }
  | {
      readonly name: 'evaluating';
      readonly book: LeaseBook;
      readonly lender: Lender;
      readonly blocks: readonly EvaluationBlock[];
      readonly results: Map<number, SampleSums>;
    }
  | { readonly name: 'finished' };

type OpenPhase = Exclude<Phase, { name: 'finished' }>;

/** Counts of what happened to leases since the trainer was made. */
export interface TrainerStatistics extends LendingStatistics {
  /** Answers that came when others had been counted for the whole of their shard: equal, so silent confirmations. */
  readonly confirmations: number;
  /** Answers that took the place of parts of their shard that had been lent again. */
  readonly replacements: number;
}

export class Trainer {
  readonly #plan: TrainerPlan;
  readonly #createBook: (units: number) => LeaseBook;
  readonly #workers = new WorkerRegistry();
  #commands: TrainerCommand[] = [];
  #step: number;
  #phase: Phase;
  #nextLease = 1;
  #lending: LendingStatistics = { lent: 0, late: 0, shadows: 0 };
  #confirmations = 0;
  #replacements = 0;

  /** @param createBook another lease book, for tests that break one of its rules. */
  constructor(plan: TrainerPlan, createBook: (units: number) => LeaseBook = (units) => new LeaseBook(units)) {
    this.#plan = plan;
    this.#createBook = createBook;
    this.#step = plan.firstStep;
    if (this.#epochIsOver() && plan.evaluatedStep < plan.firstStep) this.#phase = this.#openEvaluation();
    else this.#phase = plan.firstStep >= plan.totalSteps ? { name: 'finished' } : this.#openStep();
  }

  /** Steps done, which is the version of the parameters. */
  get step(): number {
    return this.#step;
  }

  get phase(): Phase['name'] {
    return this.#phase.name;
  }

  get workers(): Iterable<WorkerRecord> {
    return this.#workers.all;
  }

  get workerCount(): number {
    return this.#workers.size;
  }

  get statistics(): TrainerStatistics {
    const { lent, late, shadows } = this.#lendingSoFar();
    return { lent, late, shadows, confirmations: this.#confirmations, replacements: this.#replacements };
  }

  /** When the next `clock` event is due, in monotonic milliseconds. */
  get nextDeadline(): number | undefined {
    return this.#phase.name === 'finished' ? undefined : this.#phase.book.nextDeadline;
  }

  /** Until when a computation may keep the worker silent, in monotonic milliseconds; undefined if it has no lease. */
  silenceExcusedUntil(worker: WorkerId): number | undefined {
    let until: number | undefined;
    for (const { record } of this.#workers.find(worker)?.leases.values() ?? []) {
      until = Math.max(until ?? 0, record.lentAt + excusedTimes * (record.deadline - record.lentAt));
    }
    return until;
  }

  /** Takes one event in and returns what is to be done, in this order. */
  handle(event: TrainerEvent, now: number): readonly TrainerCommand[] {
    const idle = this.#take(event, now);
    this.#lend(now, idle);
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }

  /** Returns the worker that may have become idle by this. */
  #take(event: TrainerEvent, now: number): WorkerRecord | undefined {
    switch (event.type) {
      case 'worker joined':
        this.#workers.join(event.worker, event.maximumUnits);
        this.#workersChanged();
        return this.#workers.find(event.worker);
      case 'worker left':
        this.#removeWorker(event.worker);
        return undefined;
      case 'contribution':
        return this.#takeContribution(event.worker, event.contribution, now);
      case 'contribution refused':
        return this.#takeBack(event.worker, event.lease);
      case 'clock':
        return undefined;
      default:
        return event satisfies never;
    }
  }

  #epochIsOver(): boolean {
    const { stepsPerEpoch, totalSteps } = this.#plan;
    return this.#step > 0 && (this.#step % stepsPerEpoch === 0 || this.#step === totalSteps);
  }

  #openStep(): Phase {
    const samples = this.#plan.samplesInStep(this.#step);
    const { microbatchSize } = this.#plan;
    const book = this.#createBook(Math.ceil(samples / microbatchSize));
    const tree = new ReductionTree<GradientNode>(book.units, (left, right) => {
      this.#commands.push({ type: 'add gradients', left: left.slot, right: right.slot });
      return { slot: left.slot, sums: addSampleSums(left.sums, right.sums) };
    });
    const samplesOf = ({ first, count }: Shard) => Math.min(count * microbatchSize, samples - first * microbatchSize);
    const task = { purpose: 'training', book, unitSamples: Math.min(microbatchSize, samples), samplesOf } as const;
    return { name: 'training', book, lender: this.#createLender(task), tree, counted: [] };
  }

  #openEvaluation(): Phase {
    const blocks = evaluationBlocks(this.#plan.evaluation);
    const book = this.#createBook(blocks.length);
    const samplesOf = ({ first }: Shard) => blocks[first]?.samples ?? 0;
    const unitSamples = Math.max(...blocks.map(({ samples }) => samples));
    const lender = this.#createLender({ purpose: 'evaluation', book, unitSamples, samplesOf });
    return { name: 'evaluating', book, lender, blocks, results: new Map() };
  }

  #createLender(task: Task): Lender {
    return new Lender(this.#workers, task, () => {
      const id = this.#nextLease as LeaseId;
      this.#nextLease += 1;
      return id;
    });
  }

  #workersChanged(): void {
    if (this.#phase.name !== 'finished') this.#phase.lender.workersChanged();
  }

  #removeWorker(id: WorkerId): void {
    const worker = this.#workers.find(id);
    if (worker === undefined) return;
    if (this.#phase.name !== 'finished') for (const lease of worker.leases.keys()) this.#phase.book.withdraw(lease);
    this.#workers.leave(id);
    this.#workersChanged();
  }

  #takeBack(workerId: WorkerId, lease: LeaseId): WorkerRecord | undefined {
    const worker = this.#workers.find(workerId);
    worker?.leases.delete(lease);
    if (this.#phase.name !== 'finished') this.#phase.book.withdraw(lease);
    this.#workersChanged();
    return worker;
  }

  #takeContribution(workerId: WorkerId, contribution: TrainerContribution, now: number): WorkerRecord {
    const worker = this.#workers.find(workerId);
    if (worker === undefined || !this.#workers.answer(worker, contribution.lease, contribution, now)) {
      throw new Error(`worker ${workerId} holds no lease ${contribution.lease}`);
    }
    const phase = this.#phase;
    const settlement = phase.name === 'finished' ? undefined : phase.book.settle(contribution.lease, workerId);
    if (phase.name === 'finished' || settlement === undefined || settlement.outcome === 'unknown') {
      this.#confirm(contribution, 'its step is over');
      return worker;
    }
    const { lease } = settlement;
    if (settlement.outcome === 'superseded') {
      this.#confirm(contribution, 'others were first');
      return worker;
    }
    if (settlement.replacesParts) this.#takeOutParts(phase, lease.shard);
    this.#count(phase, lease, contribution);
    return worker;
  }

  #confirm(contribution: TrainerContribution, reason: string): void {
    this.#confirmations += 1;
    this.#discard(contribution.gradient, reason);
  }

  #takeOutParts(phase: OpenPhase, shard: Shard): void {
    if (phase.name !== 'training') return;
    this.#replacements += 1;
    for (const { slot } of phase.tree.takeOutParts(shard)) this.#discard(slot, 'its shard came whole');
    const end = shard.first + shard.count;
    phase.counted = phase.counted.filter(({ shard: { first } }) => first < shard.first || first >= end);
  }

  #discard(gradient: GradientSlot | undefined, reason: string): void {
    if (gradient !== undefined) this.#commands.push({ type: 'discard gradient', gradient, reason });
  }

  #count(phase: OpenPhase, { shard, worker }: LeaseRecord, contribution: TrainerContribution): void {
    if (phase.name === 'evaluating') {
      phase.results.set(shard.first, contribution);
      if (phase.book.complete) this.#finishEvaluation(evaluationFromBlocks(phase.blocks, phase.results));
      return;
    }
    if (contribution.gradient === undefined)
      throw new Error(`contribution to lease ${contribution.lease} has no gradient`);
    const { samples, lossSum, metricSums } = contribution;
    phase.counted.push({ worker, shard });
    phase.tree.add(shard, { slot: contribution.gradient, sums: { samples, lossSum, metricSums } });
    if (phase.tree.root !== undefined) this.#finishStep(phase.tree.root.value, phase.counted);
  }

  #finishStep({ slot, sums }: GradientNode, contributions: readonly CountedShard[]): void {
    this.#retireOutstanding();
    const learningRate = this.#plan.learningRateAt(this.#step);
    this.#step += 1;
    const step = this.#step;
    this.#commands.push(
      { type: 'apply gradient', gradient: slot, samples: sums.samples, learningRate, step },
      { type: 'step done', step, measurement: measurement(sums), contributions },
    );
    this.#phase = this.#epochIsOver() ? this.#openEvaluation() : this.#openStep();
  }

  #finishEvaluation(evaluation: Evaluation): void {
    this.#retireOutstanding();
    const step = this.#step;
    this.#commands.push({ type: 'epoch done', epoch: Math.ceil(step / this.#plan.stepsPerEpoch), step, evaluation });
    if (step === this.#plan.totalSteps) {
      this.#phase = { name: 'finished' };
      this.#commands.push({ type: 'finished', step });
    } else {
      this.#phase = this.#openStep();
    }
  }

  /** Leases that others overtook stay with their workers, who may be computing them still. */
  #retireOutstanding(): void {
    if (this.#phase.name === 'finished') return;
    for (const { id, worker } of this.#phase.book.outstanding) {
      const held = this.#workers.find(worker)?.leases.get(id);
      if (held !== undefined) held.late = true;
    }
    this.#lending = this.#lendingSoFar();
  }

  #lendingSoFar(): LendingStatistics {
    if (this.#phase.name === 'finished') return this.#lending;
    const { lent, late, shadows } = this.#phase.lender.statistics;
    const before = this.#lending;
    return { lent: before.lent + lent, late: before.late + late, shadows: before.shadows + shadows };
  }

  #lend(now: number, idle: WorkerRecord | undefined): void {
    const phase = this.#phase;
    if (phase.name === 'finished') return;
    const step = this.#step;
    for (const lease of phase.lender.lend(now, idle)) {
      const { shard } = lease;
      const block = phase.name === 'evaluating' ? phase.blocks[shard.first] : undefined;
      const work: LeasedWork =
        block === undefined ? { purpose: 'training', step, shard } : { purpose: 'evaluation', step, shard, block };
      this.#sendParameters(lease.worker, step);
      this.#commands.push({ type: 'lend', worker: lease.worker, lease, work });
    }
  }

  #sendParameters(id: WorkerId, step: number): void {
    const worker = this.#workers.find(id);
    if (worker === undefined || worker.parametersStep === step) return;
    worker.parametersStep = step;
    this.#commands.push({ type: 'send parameters', worker: id, step });
  }
}
