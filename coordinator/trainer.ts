// The trainer: the textbook loop as a state machine. Start reading here.
//
//   for each step:   lend the mini-batch's microbatches to workers, sum their gradients over the reduction tree,
//                    apply the optimizer once, go on with the new parameters
//   for each epoch:  the same workers measure training, validation and test data with the parameters just made
//
// Pure: events and the clock go in, commands come out; sockets, files, timers and arithmetic are the shell's. So the
// result cannot depend on who answered when: only the tree decides the order of the sums.

import type { Shard } from '../shared/protocol/messages.ts';
import { ReductionTree } from '../shared/reduction/tree.ts';
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
import { speedShare, type WorkerRecord, WorkerRegistry } from './worker_registry.ts';

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
  /** Absent for an evaluation. */
  readonly gradient?: GradientSlot;
}

/** A shard of a step that was counted, and the worker whose answer it was. */
export interface CountedShard {
  readonly worker: WorkerId;
  readonly shard: Shard;
}

export type TrainerEvent =
  | { readonly type: 'worker joined'; readonly worker: WorkerId }
  | { readonly type: 'worker left'; readonly worker: WorkerId }
  | { readonly type: 'contribution'; readonly worker: WorkerId; readonly contribution: TrainerContribution }
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

/** Deadline of a lease while no worker's speed is known yet, in milliseconds. */
const firstDeadline = 30_000;

/** A lease may take this many times what the worker's speed lets expect, plus `deadlineSlack` milliseconds. */
const deadlineFactor = 8;
const deadlineSlack = 2_000;

/** Evaluation blocks a worker holds at once: one to compute while the next one travels. */
const evaluationWindow = 2;

interface GradientNode {
  readonly slot: GradientSlot;
  readonly sums: SampleSums;
}

type Phase =
  | {
      readonly name: 'training';
      readonly book: LeaseBook;
      readonly tree: ReductionTree<GradientNode>;
      readonly counted: CountedShard[];
    }
  | {
      readonly name: 'evaluating';
      readonly book: LeaseBook;
      readonly blocks: readonly EvaluationBlock[];
      readonly results: Map<number, SampleSums>;
    }
  | { readonly name: 'finished' };

export class Trainer {
  readonly #plan: TrainerPlan;
  readonly #workers = new WorkerRegistry();
  readonly #retired = new Map<LeaseId, WorkerId>();
  #commands: TrainerCommand[] = [];
  #step: number;
  #phase: Phase;
  #nextLease = 1;

  constructor(plan: TrainerPlan) {
    this.#plan = plan;
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

  get workers(): readonly WorkerRecord[] {
    return this.#workers.all;
  }

  /** When the next `clock` event is due, in monotonic milliseconds. */
  get nextDeadline(): number | undefined {
    return this.#phase.name === 'finished' ? undefined : this.#phase.book.nextDeadline;
  }

  /** Takes one event in and returns what is to be done, in this order. */
  handle(event: TrainerEvent, now: number): readonly TrainerCommand[] {
    switch (event.type) {
      case 'worker joined':
        this.#workers.join(event.worker);
        break;
      case 'worker left':
        this.#removeWorker(event.worker);
        break;
      case 'contribution':
        this.#takeContribution(event.worker, event.contribution, now);
        break;
      case 'clock':
        break;
      default:
        event satisfies never;
    }
    if (this.#phase.name !== 'finished') this.#phase.book.expire(now);
    this.#lendFreeWork(now);
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }

  #epochIsOver(): boolean {
    const { stepsPerEpoch, totalSteps } = this.#plan;
    return this.#step > 0 && (this.#step % stepsPerEpoch === 0 || this.#step === totalSteps);
  }

  #openStep(): Phase {
    const samples = this.#plan.samplesInStep(this.#step);
    const microbatches = Math.ceil(samples / this.#plan.microbatchSize);
    const tree = new ReductionTree<GradientNode>(microbatches, (left, right) => {
      this.#commands.push({ type: 'add gradients', left: left.slot, right: right.slot });
      return { slot: left.slot, sums: addSampleSums(left.sums, right.sums) };
    });
    return { name: 'training', book: new LeaseBook(microbatches), tree, counted: [] };
  }

  #openEvaluation(): Phase {
    const blocks = evaluationBlocks(this.#plan.evaluation);
    return { name: 'evaluating', book: new LeaseBook(blocks.length), blocks, results: new Map() };
  }

  #removeWorker(worker: WorkerId): void {
    if (this.#phase.name !== 'finished') this.#phase.book.withdraw(worker);
    for (const lease of this.#workers.find(worker)?.leases ?? []) this.#retired.delete(lease);
    this.#workers.leave(worker);
  }

  #takeContribution(workerId: WorkerId, contribution: TrainerContribution, now: number): void {
    const worker = this.#workers.find(workerId);
    if (worker === undefined || !worker.leases.delete(contribution.lease)) {
      throw new Error(`worker ${workerId} holds no lease ${contribution.lease}`);
    }
    const phase = this.#phase;
    if (phase.name === 'finished' || this.#retired.delete(contribution.lease)) {
      this.#discard(contribution, 'its step is over');
      return;
    }
    const settlement = phase.book.settle(contribution.lease, workerId);
    switch (settlement.outcome) {
      case 'unknown':
        this.#discard(contribution, 'its lease was withdrawn');
        break;
      case 'superseded':
        this.#discard(contribution, 'another worker was first');
        break;
      case 'accepted':
        this.#workers.recordSpeed(worker, contribution.samples, now - settlement.lease.lentAt);
        this.#count(phase, settlement.lease, contribution);
        break;
      default:
        settlement satisfies never;
    }
  }

  #discard(contribution: TrainerContribution, reason: string): void {
    if (contribution.gradient === undefined) return;
    this.#commands.push({ type: 'discard gradient', gradient: contribution.gradient, reason });
  }

  #count(
    phase: Exclude<Phase, { name: 'finished' }>,
    { shard, worker }: LeaseRecord,
    contribution: TrainerContribution,
  ): void {
    if (phase.name === 'evaluating') {
      phase.results.set(shard.first, contribution);
      if (phase.book.complete) this.#finishEvaluation(evaluationFromBlocks(phase.blocks, phase.results));
      return;
    }
    if (contribution.gradient === undefined)
      throw new Error(`contribution to lease ${contribution.lease} has no gradient`);
    const { samples, lossSum, metricSums } = contribution;
    phase.tree.add(shard, { slot: contribution.gradient, sums: { samples, lossSum, metricSums } });
    phase.counted.push({ worker, shard });
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

  /** Leases that others overtook stay known, so that their late answers are told apart from inventions. */
  #retireOutstanding(): void {
    if (this.#phase.name === 'finished') return;
    for (const lease of this.#phase.book.outstanding) this.#retired.set(lease.id, lease.worker);
  }

  #lendFreeWork(now: number): void {
    const phase = this.#phase;
    if (phase.name === 'finished' || this.#workers.size === 0 || phase.book.findFree(1) === undefined) return;
    const swarm = this.#workers.swarmSpeed();
    const rounds = phase.name === 'training' ? 1 : evaluationWindow;
    for (let window = 1; window <= rounds; window++) {
      for (const worker of this.#workers.available(window)) {
        const size =
          phase.name === 'training'
            ? this.#shardSize(speedShare(worker, swarm, this.#workers.size), phase.book.units)
            : 1;
        const shard = phase.book.findFree(size);
        if (shard === undefined) return;
        this.#lend(phase, worker, shard, { now, average: swarm.average });
      }
    }
  }

  /** The power of two nearest to the worker's share of the step, so that all workers finish together. */
  #shardSize(share: number, microbatches: number): number {
    return 2 ** Math.max(0, Math.round(Math.log2(share * microbatches)));
  }

  #lend(phase: Exclude<Phase, { name: 'finished' }>, worker: WorkerRecord, shard: Shard, { now, average }: Pace): void {
    const step = this.#step;
    const id = this.#nextLease as LeaseId;
    this.#nextLease += 1;
    const block = phase.name === 'evaluating' ? phase.blocks[shard.first] : undefined;
    const work: LeasedWork =
      block === undefined ? { purpose: 'training', step, shard } : { purpose: 'evaluation', step, shard, block };
    const samples = block?.samples ?? shard.count * this.#plan.microbatchSize;
    const deadline = now + patience(samples, worker.samplesPerMillisecond ?? average);
    const lease: LeaseRecord = { id, worker: worker.id, shard, lentAt: now, deadline };
    phase.book.lend(lease);
    worker.leases.add(id);
    if (worker.parametersStep !== step) {
      worker.parametersStep = step;
      this.#commands.push({ type: 'send parameters', worker: worker.id, step });
    }
    this.#commands.push({ type: 'lend', worker: worker.id, lease, work });
  }
}

/** The moment, and the speed to expect of a worker that was not measured yet. */
interface Pace {
  readonly now: number;
  readonly average: number | undefined;
}

/** Milliseconds a worker gets for this many samples, at a speed in samples a millisecond. */
function patience(samples: number, speed: number | undefined): number {
  return speed === undefined ? firstDeadline : deadlineSlack + (deadlineFactor * samples) / speed;
}
