// Frozen weights on the worker's side: what is believed, and in which order it may come.

import { beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../shared/digest/sha256.ts';
import { loadEngine } from '../../../shared/engine/engine.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { freezeParameters } from '../../../shared/model/freeze.ts';
import { checksumOfCopies } from '../../../shared/protocol/checksum.ts';
import type { Frozen, Parameters } from '../../../shared/protocol/messages.ts';
import type { Computation } from '../../../worker/session/computation.ts';
import { FrozenWeights } from '../../../worker/session/frozen_weights.ts';
import { LeaseWork } from '../../../worker/session/lease_work.ts';
import { greatestLimits } from '../../../worker/session/limits.ts';
import { denseLayers, imageGraph } from '../../shared/engine/small_models.ts';
import { testValues } from '../../shared/kernels/profiles.ts';

const graph = freezeParameters(imageGraph(denseLayers), ['dense1.*']);
const values = testValues(36 * 5 + 5, 1);
const content = new Uint8Array(values.buffer);
const digest = sha256Hex(content);

let model: () => { engine: Awaited<ReturnType<typeof loadEngine>>; replica: Replica };
beforeAll(async () => {
  const engine = await loadEngine('portable');
  model = () => ({ engine, replica: Replica.create(engine, graph, { microbatchSize: 4 }) });
});

const frozenIn = ({ engine, replica }: ReturnType<typeof model>) =>
  engine.bytes(replica.frozen, 4 * replica.frozenCount).slice();

describe('frozen weights', () => {
  it('are missing until they have come, then kept for the next model', () => {
    const weights = new FrozenWeights();
    const first = model();
    const missing = weights.provide(first.engine, first.replica, digest);
    expect(missing).toMatchObject({ digest, bytes: content.length });
    expect(weights.held).toBeUndefined();
    missing?.memory().set(content);
    missing?.written();
    expect(weights.held).toBe(digest);
    const second = model();
    expect(weights.provide(second.engine, second.replica, digest)).toBeUndefined();
    expect(frozenIn(second)).toEqual(content);
  });

  it('are not believed if they have another digest, and not kept', () => {
    const weights = new FrozenWeights();
    const { engine, replica } = model();
    const missing = weights.provide(engine, replica, digest);
    missing?.memory().set(content.subarray(0, -1));
    expect(() => missing?.written()).toThrow(expect.objectContaining({ closeName: 'corrupted' }));
    expect(weights.held).toBeUndefined();
  });

  it('must be there if and only if the graph has some', () => {
    const weights = new FrozenWeights();
    const { engine, replica } = model();
    expect(() => weights.provide(engine, replica, undefined)).toThrow(/graph has frozen weights, the job no digest/);
    const whole = Replica.create(engine, imageGraph(denseLayers), { microbatchSize: 4 });
    expect(() => weights.provide(engine, whole, digest)).toThrow(/graph has no frozen weights, the job a digest/);
    expect(weights.provide(engine, whole, undefined)).toBeUndefined();
  });
});

describe('a conversation with a job that has frozen weights', () => {
  const frozen: Frozen = { type: 'frozen', digest };
  const parameters: Parameters = { type: 'parameters', step: 0 };

  function leaseWork(missing: boolean) {
    const parts = { memory: new Uint8Array(8), written: 0 };
    const computation: Computation = {
      ...(missing
        ? {
            missing: {
              digest,
              bytes: 8,
              memory: () => parts.memory,
              written: () => {
                parts.written += 1;
              },
            },
          }
        : {}),
      parameterBytes: 4,
      parameterMemory: () => new Uint8Array(4),
      checksum: checksumOfCopies,
      parametersChanged: () => undefined,
      compute: () => {
        throw new Error('nothing is lent');
      },
    };
    const clock = { now: () => 0, schedule: () => () => undefined };
    const never = {
      onAnswer: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      onError: () => expect.unreachable(),
    };
    return { parts, work: new LeaseWork({ computation, clock, limits: greatestLimits, ...never }) };
  }

  it('gets them before its parameters, once', () => {
    const { work, parts } = leaseWork(true);
    expect(() => work.placeWeights(parameters, 4)).toThrow('parameters before the frozen weights');
    expect(work.placeWeights(frozen, 8)).toBe(parts.memory);
    work.takeWeights(frozen);
    expect(parts.written).toBe(1);
    expect(work.placeWeights(parameters, 4)).toHaveLength(4);
    expect(() => work.placeWeights(frozen, 8)).toThrow('message "frozen": nothing of it is missing');
  });

  it('refuses others, of another length too, and some that it holds', () => {
    const { work } = leaseWork(true);
    expect(() => work.placeWeights({ ...frozen, digest: '0'.repeat(64) }, 8)).toThrow(/expected 8 of/);
    expect(() => work.placeWeights(frozen, 12)).toThrow(/frozen weights of 12 bytes: expected 8 of/);
    expect(() => leaseWork(false).work.placeWeights(frozen, 8)).toThrow('nothing of it is missing');
  });
});
