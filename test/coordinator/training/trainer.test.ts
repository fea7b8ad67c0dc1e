import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EvaluationBlock, evaluationBlocks } from '../../../coordinator/training/evaluation.ts';
import type { LeaseId, WorkerId } from '../../../coordinator/training/lease.ts';
import { MiniBatchTask } from '../../../coordinator/training/mini_batch_task.ts';
import { SynchronousSteps, type TrainingPlan } from '../../../coordinator/training/synchronous_steps.ts';
import { Trainer } from '../../../coordinator/training/trainer.ts';
import type { GradientSlot, TrainerCommand, TrainerEvent } from '../../../coordinator/training/trainer_messages.ts';
import { trusted } from './joining.ts';

const plan: TrainingPlan = {
  totalSteps: 5,
  stepsPerEpoch: 2,
  microbatchSize: 2,
  firstStep: 0,
  evaluatedStep: 0,
  evaluation: { training: 700, validation: 0, test: 501 },
  samplesInStep: (step) => (step % 2 === 1 ? 5 : 14),
  learningRateAt: (step) => 0.5 / (step + 1),
};

function blockOf(index: number): EvaluationBlock {
  const block = evaluationBlocks(plan.evaluation)[index];
  if (block === undefined) throw new Error(`there is no block ${index}`);
  return block;
}

/**
 * A swarm in one thread: microbatch m of step t has the "gradient" f(t, m, parameters) in f32, so that any lost, doubled,
 * misplaced or reordered sum changes the final parameter's bits.
 */
class Swarm {
  readonly trainer: Trainer;
  readonly #gradients = new Map<GradientSlot, number>();
  readonly pending: { worker: WorkerId; lease: LeaseId; gradient?: GradientSlot; samples: number; lossSum: number }[] =
    [];
  readonly held = new Map<WorkerId, number>();
  readonly log: TrainerCommand[] = [];
  parameters = 1;
  #slots = 0;

  constructor(trainerPlan: TrainingPlan = plan) {
    this.trainer = new Trainer(new SynchronousSteps(trainerPlan));
  }

  handle(event: TrainerEvent, now: number): void {
    for (const command of this.trainer.handle(event, now)) this.#execute(command);
  }

  answer(index: number, now: number): void {
    const [{ worker, ...contribution } = { worker: '' as WorkerId, lease: 0 as LeaseId, samples: 0, lossSum: 0 }] =
      this.pending.splice(index % this.pending.length, 1);
    this.handle(
      {
        type: 'contribution',
        worker,
        contribution: { ...contribution, metricSums: { accuracy: 1 }, milliseconds: 0.5, digest: 1 },
      },
      now,
    );
  }

  leave(worker: WorkerId, now: number): void {
    for (let index = this.pending.length - 1; index >= 0; index--) {
      const answer = this.pending[index];
      if (answer?.worker !== worker) continue;
      if (answer.gradient !== undefined) this.#gradients.delete(answer.gradient);
      this.pending.splice(index, 1);
    }
    this.held.delete(worker);
    this.handle({ type: 'worker left', worker }, now);
  }

  get slotsInUse(): number {
    return this.#gradients.size;
  }

  #take(slot: GradientSlot): number {
    const value = this.#gradients.get(slot);
    if (value === undefined) throw new Error(`slot ${slot} is empty`);
    this.#gradients.delete(slot);
    return value;
  }

  #execute(command: TrainerCommand): void {
    this.log.push(command);
    switch (command.type) {
      case 'send parameters':
        expect(command.version).toBe(this.trainer.step);
        this.held.set(command.worker, command.version);
        break;
      case 'lend': {
        const { lease } = command;
        const { worker, work } = lease;
        expect(this.held.get(worker)).toBe(lease.parameters);
        if (work.kind === 'evaluation') {
          const { samples, first } = blockOf(work.shard.first);
          this.pending.push({ worker, lease: lease.id, samples, lossSum: first + samples });
          break;
        }
        const sum = this.#sum(work.step, work.shard.first, 2 ** Math.ceil(Math.log2(work.shard.count)));
        const gradient = this.#slots++ as GradientSlot;
        this.#gradients.set(gradient, sum ?? Number.NaN);
        const inStep = plan.samplesInStep(work.step);
        const samples = Math.min(work.shard.count * 2, inStep - work.shard.first * 2);
        expect(lease.samples).toBe(samples);
        this.pending.push({ worker, lease: lease.id, gradient, samples, lossSum: samples });
        break;
      }
      case 'add gradients':
        this.#gradients.set(command.left, Math.fround(this.#take(command.left) + this.#take(command.right)));
        break;
      case 'discard gradient':
        this.#take(command.gradient);
        break;
      case 'apply gradient':
        expect(command.samples).toBe(plan.samplesInStep(command.step - 1));
        this.parameters = Math.fround(
          this.parameters - Math.fround((command.learningRate * this.#take(command.gradient)) / command.samples),
        );
        break;
      case 'resolve dispute':
        throw new Error('all answers are right');
      case 'answers confirmed':
      case 'step done':
      case 'use weights':
      case 'epoch done':
      case 'finished':
        break;
      default:
        command satisfies never;
    }
  }

  #sum(step: number, first: number, size: number): number | undefined {
    if (first * 2 >= plan.samplesInStep(step)) return undefined;
    if (size === 1) return Math.fround(Math.fround(this.parameters * (0.1 + step)) + Math.fround(1 / (first + 3)));
    const left = this.#sum(step, first, size / 2);
    const right = this.#sum(step, first + size / 2, size / 2);
    return left === undefined || right === undefined ? (left ?? right) : Math.fround(left + right);
  }
}

const worker = (name: string) => name as WorkerId;

function runWithOneWorker(trainerPlan = plan): Swarm {
  const swarm = new Swarm(trainerPlan);
  swarm.handle({ type: 'worker joined', worker: trusted('only') }, 0);
  for (let now = 1; swarm.pending.length > 0; now++) swarm.answer(0, now);
  return swarm;
}

describe('Trainer', () => {
  it('takes every step, evaluates after every epoch and after the last step, then finishes', () => {
    const { log, trainer } = runWithOneWorker();
    expect(trainer.phase).toBe('finished');
    expect(log.flatMap((command) => (command.type === 'epoch done' ? [[command.epoch, command.step]] : []))).toEqual([
      [1, 2],
      [2, 4],
      [3, 5],
    ]);
    expect(log.filter((command) => command.type === 'step done')).toHaveLength(5);
    expect(log.at(-1)).toEqual({ type: 'finished', step: 5 });
  });

  it('uses the learning rate of the step and the number of samples of a smaller last mini-batch', () => {
    const applied = runWithOneWorker().log.flatMap((command) =>
      command.type === 'apply gradient' ? [[command.step, command.samples, command.learningRate]] : [],
    );
    expect(applied.slice(0, 2)).toEqual([
      [1, 14, 0.5],
      [2, 5, 0.25],
    ]);
  });

  it('measures the means over each evaluation set', () => {
    const done = runWithOneWorker().log.find((command) => command.type === 'epoch done');
    expect(done?.evaluation).toEqual({
      training: { loss: (500 + 700) / 700, metrics: { accuracy: 2 / 700 }, samples: 700 },
      test: { loss: (500 + 501) / 501, metrics: { accuracy: 2 / 501 }, samples: 501 },
    });
  });

  it('waits for a worker and goes on with the next when the last one leaves', () => {
    const swarm = new Swarm();
    expect(swarm.pending).toHaveLength(0);
    swarm.handle({ type: 'worker joined', worker: trusted('first') }, 0);
    swarm.answer(0, 1);
    swarm.leave(worker('first'), 2);
    expect(swarm.trainer.workerCount).toBe(0);
    swarm.handle({ type: 'worker joined', worker: trusted('second') }, 3);
    for (let now = 4; swarm.pending.length > 0; now++) swarm.answer(0, now);
    expect(swarm.parameters).toBe(runWithOneWorker().parameters);
  });

  it('sends parameters only to workers that get work, once a step each', () => {
    const swarm = new Swarm();
    for (let index = 0; index < 20; index++) {
      swarm.handle({ type: 'worker joined', worker: trusted(`w${index}`) }, 0);
    }
    for (let now = 1; swarm.pending.length > 0; now++) swarm.answer(0, now);
    const sent = swarm.log.flatMap((command) =>
      command.type === 'send parameters' ? [`${command.worker} ${command.version}`] : [],
    );
    expect(new Set(sent).size).toBe(sent.length);
    expect(sent.filter((entry) => entry.endsWith(' 0')).length).toBeLessThanOrEqual(7);
  });

  it('resumes in the middle of an epoch to the same bits', () => {
    const whole = runWithOneWorker();
    const untilThree = new Swarm();
    untilThree.handle({ type: 'worker joined', worker: trusted('only') }, 0);
    for (let now = 1; untilThree.trainer.step < 3; now++) untilThree.answer(0, now);
    const resumed = new Swarm({ ...plan, firstStep: 3 });
    resumed.parameters = untilThree.parameters;
    resumed.handle({ type: 'worker joined', worker: trusted('only') }, 0);
    for (let now = 1; resumed.pending.length > 0; now++) resumed.answer(0, now);
    expect(resumed.parameters).toBe(whole.parameters);
  });

  it('takes up the evaluation of an epoch that ended just before a run was stopped', () => {
    const epochsOf = (swarm: Swarm) =>
      swarm.log.flatMap((command) => (command.type === 'epoch done' ? command.epoch : []));
    const due = runWithOneWorker({ ...plan, firstStep: 4, evaluatedStep: 2 });
    expect(epochsOf(due)).toEqual([2, 3]);
    expect(epochsOf(runWithOneWorker({ ...plan, firstStep: 4, evaluatedStep: 4 }))).toEqual([3]);
    const last = runWithOneWorker({ ...plan, firstStep: 5, evaluatedStep: 4 });
    expect(last.log.at(-2)).toMatchObject({ type: 'epoch done', step: 5 });
    expect(last.trainer.phase).toBe('finished');
    expect(runWithOneWorker({ ...plan, firstStep: 5, evaluatedStep: 5 }).trainer.phase).toBe('finished');
  });

  it('ends with the bits of one worker under any order, churn and lateness, and leaks no gradient', () => {
    const reference = runWithOneWorker().parameters;
    const action = fc.record({
      kind: fc.constantFrom('answer', 'answer', 'answer', 'join', 'leave', 'wait'),
      pick: fc.nat({ max: 1000 }),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const swarm = new Swarm();
        let now = 0;
        for (const { kind, pick } of actions) {
          now += 1;
          const name = worker(`w${pick % 6}`);
          const present = [...swarm.trainer.workers].some(({ id }) => id === name);
          if (kind === 'answer' && swarm.pending.length > 0) swarm.answer(pick, now);
          if (kind === 'join' && !present) swarm.handle({ type: 'worker joined', worker: trusted(name) }, now);
          if (kind === 'leave' && present) swarm.leave(name, now);
          if (kind === 'wait') {
            now += 60_000;
            swarm.handle({ type: 'clock' }, now);
          }
        }
        if (swarm.trainer.workerCount === 0) swarm.handle({ type: 'worker joined', worker: trusted('last') }, now);
        while (swarm.pending.length > 0) swarm.answer(0, ++now);
        expect(swarm.trainer.phase).toBe('finished');
        expect(swarm.parameters).toBe(reference);
        expect(swarm.slotsInUse).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('excuses the silence of a worker by the deadline that its lease has, also when that was moved', () => {
    const swarm = new Swarm();
    for (const name of ['first', 'second']) {
      swarm.handle({ type: 'worker joined', worker: { ...trusted(name), maximumUnits: 4 } }, 0);
    }
    expect(swarm.trainer.silenceExcusedUntil(worker('first'))).toBe(90_000);
    swarm.answer(1, 10);
    expect(swarm.trainer.silenceExcusedUntil(worker('first'))).toBeLessThan(1_000);
    expect(swarm.trainer.silenceExcusedUntil(worker('nobody'))).toBeUndefined();
  });

  it('holds as many tasks open as its synchronisation names, and is done when none is left', () => {
    const tasks = [0, 1].map((step) => new MiniBatchTask({ step, samples: 2, microbatchSize: 2, learningRate: 1 }));
    const trainer = new Trainer({ step: 0, version: 0, next: (done) => (done === undefined ? tasks : []) });
    const lent: number[] = [];
    const handle = (event: TrainerEvent) => {
      const commands = trainer.handle(event, 0);
      for (const command of commands) if (command.type === 'lend') lent.push(command.lease.work.step);
      return commands.map(({ type }) => type);
    };
    for (const name of ['first', 'second']) handle({ type: 'worker joined', worker: trusted(name) });
    expect(lent).toEqual([0, 1]);
    const sums = { samples: 2, lossSum: 1, metricSums: {}, milliseconds: 1, digest: 1 };
    const answer = (lease: number, name: string): TrainerEvent => {
      const contribution = { ...sums, lease: lease as LeaseId, gradient: lease as GradientSlot };
      return { type: 'contribution', worker: worker(name), contribution };
    };
    expect(handle(answer(2, 'second'))).toEqual(['apply gradient', 'step done']);
    expect(trainer.phase).toBe('training');
    expect(handle(answer(1, 'first'))).toEqual(['apply gradient', 'step done', 'finished']);
    expect(trainer.phase).toBe('finished');
  });

  it('refuses to count a contribution to a lease that the worker does not hold', () => {
    const swarm = new Swarm();
    swarm.handle({ type: 'worker joined', worker: trusted('only') }, 0);
    const contribution = { lease: 99 as LeaseId, samples: 1, lossSum: 1, metricSums: {}, milliseconds: 1, digest: 1 };
    expect(() => swarm.handle({ type: 'contribution', worker: worker('only'), contribution }, 1)).toThrow(
      /holds no lease/,
    );
  });
});
