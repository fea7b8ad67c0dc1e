// What the trainer makes of strangers: their first work, their measurements, and answers that contradict each other.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluationBlocks } from '../../../coordinator/training/evaluation.ts';
import type { Lease, LeaseId, WorkerId } from '../../../coordinator/training/lease.ts';
import { SynchronousSteps, type TrainingPlan } from '../../../coordinator/training/synchronous_steps.ts';
import { Trainer } from '../../../coordinator/training/trainer.ts';
import type { GradientSlot, TrainerCommand, TrainerEvent } from '../../../coordinator/training/trainer_messages.ts';
import type { JoiningWorker } from '../../../coordinator/training/worker_registry.ts';
import { stranger, trusted } from './joining.ts';

const plan: TrainingPlan = {
  totalSteps: 4,
  stepsPerEpoch: 4,
  microbatchSize: 2,
  firstStep: 0,
  evaluatedStep: 0,
  evaluation: { training: 600, validation: 500, test: 1_000 },
  samplesInStep: () => 16,
  learningRateAt: () => 0.1,
};

/** Only the evaluation of what has been trained. */
const measuring: TrainingPlan = { ...plan, firstStep: 4 };

/** The right digest of any work; a liar adds something. */
const digestOf = ({ work: { step, shard } }: Lease) => 1_000 * step + 10 * shard.first + shard.count;

class Table {
  readonly trainer: Trainer;
  readonly log: TrainerCommand[] = [];
  readonly out: Lease[] = [];
  now = 0;
  #slots = 0;

  constructor(trainingPlan: TrainingPlan) {
    this.trainer = new Trainer(new SynchronousSteps(trainingPlan));
  }

  handle(event: TrainerEvent, now = this.now): void {
    this.now = now;
    for (const command of this.trainer.handle(event, now)) {
      this.log.push(command);
      if (command.type === 'lend') this.out.push(command.lease);
    }
  }

  join(...workers: readonly JoiningWorker[]): void {
    for (const worker of workers) this.handle({ type: 'worker joined', worker });
  }

  leave(name: string): void {
    const left = this.out.filter(({ worker }) => worker !== name);
    this.out.splice(0, this.out.length, ...left);
    this.handle({ type: 'worker left', worker: name as WorkerId });
  }

  leasesOf(name: string): readonly Lease[] {
    return this.out.filter(({ worker }) => worker === name);
  }

  /** The worker answers its oldest lease. @param lie what it adds to the right answer */
  answer(name: string, { lie = 0, now = this.now + 1 } = {}): Lease {
    const lease = this.out.find(({ worker }) => worker === name);
    if (lease === undefined) throw new Error(`${name} holds nothing`);
    this.out.splice(this.out.indexOf(lease), 1);
    const { id, worker, samples, work } = lease;
    const digest = digestOf(lease) + lie;
    const contribution = {
      lease: id as LeaseId,
      samples,
      lossSum: digest,
      metricSums: {},
      milliseconds: 1_000,
      digest,
      ...(work.kind === 'gradient' ? { gradient: this.#slots++ as GradientSlot } : {}),
    };
    this.handle({ type: 'contribution', worker, contribution }, now);
    return lease;
  }

  typesSince(start: number): readonly string[] {
    return this.log.slice(start).map(({ type }) => type);
  }

  get disputes() {
    return this.log.flatMap((command) => (command.type === 'resolve dispute' ? command : []));
  }

  get measured() {
    return this.log.flatMap((command) => (command.type === 'epoch done' ? command.evaluation : []));
  }
}

describe('a newcomer', () => {
  it('is first lent what an established worker has already', () => {
    const table = new Table(plan);
    table.join(trusted('own'));
    const [held] = table.leasesOf('own');
    table.join(stranger('new'));
    expect(table.leasesOf('new')).toMatchObject([{ work: held?.work }]);
  });

  it('holds up no step by never answering', () => {
    const table = new Table(plan);
    table.join(trusted('own'), stranger('mute'));
    for (let step = 0; step < 4; step++) while (table.trainer.step === step) table.answer('own');
    expect(table.trainer.step).toBe(4);
    expect(table.leasesOf('mute')).toHaveLength(1);
  });

  it('shares the work once it has answered', () => {
    const table = new Table(plan);
    table.join(trusted('own'), stranger('new'));
    table.answer('own');
    table.answer('new');
    table.answer('own');
    const shared = table.out.filter(({ work }) => work.step === 2);
    expect(new Set(shared.map(({ worker }) => worker))).toEqual(new Set(['own', 'new']));
    expect(new Set(shared.map(({ work }) => work.shard.first)).size).toBe(shared.length);
  });

  it('counts for nothing by its first answer, however early that comes', () => {
    const table = new Table(plan);
    table.join(trusted('own'), stranger('hasty'));
    const start = table.log.length;
    table.answer('hasty');
    expect(table.typesSince(start)).toEqual(['discard gradient']);
    table.answer('own');
    const counted = table.log.find((command) => command.type === 'step done');
    expect(counted).toMatchObject({ contributions: [{ worker: 'own' }] });
  });

  it('is found out by its first answer if that is wrong, before or after the right one', () => {
    for (const order of [
      ['liar', 'own'],
      ['own', 'liar'],
    ]) {
      const table = new Table(plan);
      table.join(trusted('own'), stranger('liar'));
      for (const name of order) table.answer(name, { lie: name === 'liar' ? 1 : 0 });
      expect(table.disputes).toMatchObject([{ answers: [{ worker: 'own' }, { worker: 'liar', isCounted: false }] }]);
      expect(table.trainer.workerCount).toBe(2);
    }
  });

  it('gets another trial where its first answer could be compared with nothing', () => {
    const table = new Table(plan);
    table.join(trusted('own'), stranger('new'));
    table.answer('new');
    table.leave('own');
    table.join(trusted('other'));
    while (table.trainer.step < 1) table.answer('other');
    expect(table.leasesOf('new').length).toBeGreaterThan(0);
  });

  it('is not believed in gradients for a measurement that was right', () => {
    const table = new Table({ ...plan, stepsPerEpoch: 1 });
    table.join(trusted('own'));
    while (table.trainer.phase !== 'evaluating') table.answer('own');
    table.join(stranger('new'));
    let measured = 0;
    while (table.trainer.phase === 'evaluating') {
      table.answer('own');
      if (table.leasesOf('new').length === 0) continue;
      table.answer('new');
      measured += 1;
    }
    expect(measured).toBeGreaterThan(0);
    table.handle({ type: 'clock' }, table.now + 50);
    const lent = table.leasesOf('new').filter(({ work }) => work.kind === 'gradient');
    expect(lent.map(({ isTrial }) => isTrial)).toEqual([true]);
  });

  it('is lent free work at once where there is nobody else', () => {
    const table = new Table(plan);
    table.join(stranger('first'), stranger('second'));
    expect(table.leasesOf('first')).toHaveLength(1);
  });

  it('is lent free work when all established workers are late', () => {
    const table = new Table(plan);
    table.join(trusted('own'));
    table.join(stranger('new'));
    table.answer('new');
    table.leave('new');
    table.join(stranger('next'));
    table.handle({ type: 'clock' }, 1e6);
    expect(table.leasesOf('next').length).toBeGreaterThan(0);
  });

  it('waits for its turn: a crowd gets one first lease after the other, and costs the others nothing', () => {
    const table = new Table(plan);
    table.join(trusted('own'), ...Array.from({ length: 100 }, (_, index) => stranger(`new${index}`)));
    expect(table.out.filter(({ worker }) => worker !== 'own')).toHaveLength(1);
    while (table.trainer.step < 4) table.answer('own');
    expect(table.log.filter(({ type }) => type === 'send parameters').length).toBeLessThan(8);
  });
});

describe('a measurement of held-out data', () => {
  it('counts at once when a trusted worker makes it', () => {
    const table = new Table(measuring);
    table.join(trusted('own'));
    while (table.out.length > 0) table.answer('own');
    expect(table.measured).toHaveLength(1);
    expect(table.log.filter(({ type }) => type === 'lend')).toHaveLength(evaluationBlocks(plan.evaluation).length);
  });

  it('counts when two unrelated strangers give the same', () => {
    const table = new Table(measuring);
    table.join(stranger('one'), stranger('other'));
    while (table.out.length > 0) table.answer(table.out[0]?.worker ?? '');
    expect(table.measured).toHaveLength(1);
    const lent = table.log.flatMap((command) => (command.type === 'lend' ? command.lease : []));
    for (const [block, { set }] of evaluationBlocks(plan.evaluation).entries()) {
      const workers = new Set(lent.filter(({ work }) => work.shard.first === block).map(({ worker }) => worker));
      if (set !== 'training') expect(workers.size, `block ${block}`).toBe(2);
    }
  });

  it('is left to the coordinator where all strangers come from one source', () => {
    const table = new Table(measuring);
    table.join(stranger('one', 'home'), stranger('other', 'home'));
    while (table.out.length > 0) table.answer(table.out[0]?.worker ?? '');
    expect(table.measured).toEqual([]);
    expect(table.trainer.needsCoordinator).toBe(true);
    table.join({ ...trusted('coordinator'), maximumUnits: 1 });
    while (table.leasesOf('coordinator').length > 0) table.answer('coordinator');
    expect(table.measured).toHaveLength(1);
  });

  it('is left to the coordinator where the only other stranger never answers', () => {
    const table = new Table(measuring);
    table.join(stranger('one'), stranger('mute'));
    const honest = () => {
      while (table.leasesOf('one').length > 0) table.answer('one');
    };
    honest();
    expect(table.trainer.needsCoordinator).toBe(false);
    table.handle({ type: 'clock' }, 1e6);
    honest();
    expect(table.trainer.needsCoordinator).toBe(true);
  });

  it('is disputed when strangers give different ones, and counts once a third confirms the right one', () => {
    const table = new Table(measuring);
    table.join(stranger('one'), stranger('liar'), stranger('third'));
    while (table.out.length > 0) {
      const [{ worker } = { worker: '' }] = table.out;
      table.answer(worker, { lie: worker === 'liar' ? 1 : 0 });
    }
    expect(table.disputes.length).toBeGreaterThan(0);
    for (const { answers, work } of table.disputes) {
      const right = digestOf({ work } as Lease);
      expect(answers.filter(({ digest }) => digest !== right).map(({ worker }) => worker)).toEqual(['liar']);
    }
    const blocks = evaluationBlocks(plan.evaluation).map(({ set }, first) => ({ set, first }));
    const sum = blocks
      .filter(({ set }) => set === 'test')
      .reduce((total, { first }) => total + 1_000 * 4 + 10 * first + 1, 0);
    expect(table.measured[0]?.test?.loss).toBe(sum / 1_000);
  });

  it('is never one liar’s, and always comes, whoever joins, leaves and lies', () => {
    const action = fc.record({
      kind: fc.constantFrom('answer', 'answer', 'answer', 'join', 'leave', 'wait'),
      pick: fc.nat({ max: 1000 }),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const table = new Table(measuring);
        let next = 0;
        const names: string[] = [];
        // One liar is unrelated to all others; of the honest, some come from one place.
        const lieOf = (name: string) => (name.startsWith('liar') ? 1 : 0);
        const answerAny = (pick: number) => {
          const lease = table.out[pick % table.out.length];
          if (lease !== undefined) table.answer(lease.worker, { lie: lieOf(lease.worker) });
        };
        for (const { kind, pick } of actions) {
          if (kind === 'answer') answerAny(pick);
          if (kind === 'join') {
            const name = `${pick % 4 === 0 ? 'liar' : 'honest'}${next++}`;
            names.push(name);
            table.join(stranger(name, pick % 4 === 0 ? 'liars' : `source${pick % 3}`));
          }
          if (kind === 'leave' && names.length > 0) {
            const [name = ''] = names.splice(pick % names.length, 1);
            table.leave(name);
          }
          if (kind === 'wait') table.handle({ type: 'clock' }, table.now + 60_000);
        }
        for (let turn = 0; table.trainer.phase === 'evaluating' && turn < 1_000; turn++) {
          if (table.trainer.workerCount === 0 || table.trainer.needsCoordinator) table.join(trusted(`own${turn}`));
          answerAny(turn);
        }
        const sumOf = (set: string) =>
          evaluationBlocks(plan.evaluation).reduce(
            (total, block, first) => total + (block.set === set ? 1_000 * 4 + 10 * first + 1 : 0),
            0,
          );
        expect(table.measured[0]?.test?.loss).toBe(sumOf('test') / 1_000);
        expect(table.measured[0]?.validation?.loss).toBe(sumOf('validation') / 500);
      }),
      { numRuns: 200 },
    );
  });
});

describe('an answer that nobody needs any more', () => {
  it('is compared with what was counted, also when its step is over', () => {
    const table = new Table(plan);
    table.join(trusted('own'), stranger('late'));
    while (table.trainer.step < 2) table.answer('own');
    table.answer('late');
    expect(table.disputes).toEqual([]);
    expect(table.trainer.statistics).toMatchObject({ confirmations: 1, contradictions: 0 });
  });

  it('is disputed when it contradicts what was counted', () => {
    const table = new Table(plan);
    table.join(trusted('own'), stranger('liar'));
    while (table.trainer.step < 2) table.answer('own');
    const lease = table.answer('liar', { lie: 5 });
    expect(table.disputes).toMatchObject([
      {
        work: lease.work,
        parameters: 0,
        answers: [
          { worker: 'own', digest: digestOf(lease), isCounted: true },
          { worker: 'liar', digest: digestOf(lease) + 5, isCounted: false },
        ],
      },
    ]);
  });

  it('makes its task begin anew where the counted one was wrong and the parameters do not have it yet', () => {
    const table = new Table(plan);
    table.join(trusted('honest'), trusted('liar'));
    for (const name of ['honest', 'liar', 'honest']) table.answer(name);
    const wrong = table.answer('liar', { lie: 5 });
    expect(table.trainer.step).toBe(2);
    const start = table.log.length;
    table.handle({ type: 'answer disproved', worker: 'liar' as WorkerId, work: wrong.work });
    table.leave('liar');
    expect(table.typesSince(start)).toContain('discard gradient');
    while (table.trainer.step < 3) table.answer('honest');
    const counted = table.log.flatMap((command) =>
      command.type === 'step done' && command.step === 3 ? command.contributions : [],
    );
    expect(new Set(counted.map(({ worker }) => worker))).toEqual(new Set(['honest']));
  });
});
