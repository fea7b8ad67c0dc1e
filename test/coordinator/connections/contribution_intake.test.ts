import { describe, expect, it } from 'vitest';
import { ContributionIntake } from '../../../coordinator/connections/contribution_intake.ts';
import type { LeaseId, WorkerId } from '../../../coordinator/training/lease.ts';
import type { GradientSlot } from '../../../coordinator/training/trainer_messages.ts';
import { positiveSum } from '../../../shared/engine/sum_range.ts';
import type { Contribution } from '../../../shared/protocol/messages.ts';
import { leaseOf } from '../training/leases.ts';

const anna = 'anna' as WorkerId;
const ben = 'ben' as WorkerId;
const id = 7 as LeaseId;
const gradientBytes = 12;
const shard = { first: 2, count: 2 };
const work = { kind: 'gradient', step: 4, shard } as const;
const lease = leaseOf({ id, worker: anna, work, samples: 6 });

const contribution: Contribution = {
  type: 'contribution',
  lease: id,
  work,
  samples: 6,
  lossSum: 1,
  metricSums: { accuracy: 2 },
  milliseconds: 1,
};

/** An intake whose gradients are counted. */
function open() {
  const taken = new Map<GradientSlot, Uint8Array>();
  const intake = new ContributionIntake({
    gradients: {
      take: () => {
        const slot = (taken.size + 1) as GradientSlot;
        taken.set(slot, new Uint8Array(gradientBytes));
        return slot;
      },
      bytes: (slot) => taken.get(slot) ?? new Uint8Array(0),
      release: (slot) => taken.delete(slot),
    },
    layout: { tensors: [], total: gradientBytes / 4, trainable: gradientBytes / 4 } as never,
    ranges: { loss: positiveSum, metrics: new Map([['accuracy', { minimum: 0, maximum: 1, isWhole: true }]]) },
  });
  intake.open(lease, 3);
  return { intake, taken };
}

describe('ContributionIntake', () => {
  it('places a gradient once, where it is kept, and hands it over with its lease', () => {
    const { intake, taken } = open();
    const place = intake.placeOf(anna, contribution, gradientBytes);
    expect(place).toHaveLength(gradientBytes);
    expect(intake.placeOf(anna, contribution, gradientBytes)).toBe(place);
    expect(intake.judge(anna, contribution, gradientBytes)).toEqual({ verdict: 'fits', lease, gradient: 1 });
    intake.close(id);
    expect([intake.size, taken.size]).toEqual([0, 1]);
  });

  it.each<[string, WorkerId, Partial<Contribution>, number, RegExp, boolean]>([
    ['a lease of somebody else', ben, {}, gradientBytes, /which this worker does not hold/, false],
    ['a lease that was never lent', anna, { lease: 8 }, gradientBytes, /which this worker does not hold/, false],
    [
      'more hits than samples',
      anna,
      { metricSums: { accuracy: 7 } },
      gradientBytes,
      /accuracy 7 over 6 samples: impossible/,
      true,
    ],
    ['a negative loss', anna, { lossSum: -1 }, gradientBytes, /loss -1 over 6 samples: impossible/, true],
    ['a loss beyond all numbers', anna, { lossSum: 1.7e308 }, gradientBytes, /impossible/, true],
    ['another step', anna, { work: { ...work, step: 5 } }, gradientBytes, /does not repeat/, true],
    ['other work', anna, { work: { ...work, kind: 'evaluation' } }, gradientBytes, /does not repeat/, true],
    ['other samples', anna, { samples: 5 }, gradientBytes, /does not repeat/, true],
    ['other metrics', anna, { metricSums: { loss: 1 } }, gradientBytes, /reports loss: expected accuracy/, true],
    ['a gradient of another length', anna, {}, 8, /gradient work with 8 bytes: expected 12/, true],
  ])('refuses a contribution to %s, and keeps no memory for it', (_, worker, fields, bytes, reason, holdsLease) => {
    const { intake, taken } = open();
    const received = { ...contribution, ...fields };
    expect(intake.placeOf(worker, received, bytes)).toEqual(intake.judge(worker, received, bytes));
    expect(intake.judge(worker, received, bytes)).toMatchObject({ verdict: 'refused', holdsLease });
    expect(intake.judge(worker, received, bytes)).toHaveProperty('reason', expect.stringMatching(reason));
    expect(taken.size).toBe(0);
  });

  it('gives reasons that are fit to be shown, whatever a contribution names', () => {
    const { intake } = open();
    const names = Array.from({ length: 64 }, (_, index) => [`${'m'.repeat(90)}${index}`, 1]);
    const received = { ...contribution, metricSums: Object.fromEntries(names) };
    expect(intake.placeOf(anna, received, gradientBytes)).toMatchObject({ reason: expect.stringMatching(/^.{200}$/) });
  });

  it('knows which leases a heartbeat that came back has passed over', () => {
    const { intake } = open();
    expect(intake.passedOver(anna, 3)).toEqual([]);
    expect(intake.passedOver(anna, 4)).toEqual([id]);
    expect(intake.passedOver(ben, 4)).toEqual([]);
  });

  it('gives the memory back of a gradient that had begun to come when its worker leaves', () => {
    const { intake, taken } = open();
    intake.placeOf(anna, contribution, gradientBytes);
    intake.dropOf(ben);
    expect([intake.size, taken.size]).toEqual([1, 1]);
    intake.dropOf(anna);
    expect([intake.size, taken.size]).toEqual([0, 0]);
  });
});
