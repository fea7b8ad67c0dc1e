import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listBuiltInJobs, loadJob } from '../../../coordinator/jobs/job_files.ts';
import { type BufferLifetime, mostAliveBytes, planMemory } from '../../../shared/engine/memory_plan.ts';
import { buildModel } from '../../../shared/engine/model.ts';
import { ModelMemory } from '../../../shared/engine/model_memory.ts';
import { Plan } from '../../../shared/engine/plan.ts';
import { graphFromLayers, type LayersOptions } from '../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../shared/model/layers/layer_registry.ts';
import {
  batchNorm,
  conv2d,
  dense,
  depthwiseConv2d,
  groupNorm,
  relu,
  residual,
} from '../../../shared/model/layers/registered_layers.ts';
import { workloads } from '../../bench/workloads.ts';
import { engines } from '../kernels/profiles.ts';

const lifetimes = fc.array(
  fc
    .record({ bytes: fc.integer({ min: 1, max: 5000 }), first: fc.nat(40), length: fc.nat(15) })
    .map(({ bytes, first, length }): BufferLifetime => ({ bytes, first, last: first + length })),
  { maxLength: 40 },
);

describe('planMemory', () => {
  it('never lets two buffers that live at once overlap', () => {
    fc.assert(
      fc.property(lifetimes, (buffers) => {
        const { offsets, totalBytes } = planMemory(buffers);
        buffers.forEach((one, index) => {
          const start = offsets[index] ?? Number.NaN;
          expect(start % 64).toBe(0);
          expect(start + one.bytes).toBeLessThanOrEqual(totalBytes);
          buffers.slice(0, index).forEach((other, otherIndex) => {
            const livesAtOnce = one.first <= other.last && other.first <= one.last;
            const otherStart = offsets[otherIndex] ?? Number.NaN;
            const overlaps = start < otherStart + other.bytes && otherStart < start + one.bytes;
            expect(livesAtOnce && overlaps).toBe(false);
          });
        });
      }),
    );
  });

  it('takes no more than the buffers together, and no less than those of any moment', () => {
    fc.assert(
      fc.property(lifetimes, (buffers) => {
        const aligned = buffers.map((buffer) => ({ ...buffer, bytes: 64 * Math.ceil(buffer.bytes / 64) }));
        const bytesAt = (moment: number) =>
          aligned.reduce((sum, { first, last, bytes }) => (first <= moment && moment <= last ? sum + bytes : sum), 0);
        const { totalBytes } = planMemory(buffers);
        expect(totalBytes).toBeLessThanOrEqual(aligned.reduce((sum, { bytes }) => sum + bytes, 0));
        expect(mostAliveBytes(buffers)).toBe(Math.max(0, ...aligned.map(({ first }) => bytesAt(first))));
        expect(totalBytes).toBeGreaterThanOrEqual(mostAliveBytes(buffers));
      }),
    );
  });

  it('lets a chain of layers alternate between two places', () => {
    const chain = Array.from({ length: 10 }, (_, index) => ({ bytes: 640, first: index, last: index + 1 }));
    expect(planMemory(chain).totalBytes).toBe(2 * 640);
  });
});

/** Images that become smaller, with more channels and then with fewer. */
const tower = [12, 20, 32, 16].flatMap((filters): readonly Layer[] => [
  conv2d({ filters, kernelSize: 3, stride: 2, padding: 'same' }),
  residual([batchNorm(), relu(), conv2d({ filters, kernelSize: 3, padding: 'same' })]),
  residual([groupNorm(2), relu(), depthwiseConv2d({ kernelSize: 5, padding: 'same' })]),
]);

/** Most that a plan may take, relative to the largest set of buffers alive at once. */
const limit = 1.3;

describe('the plan of a model', async () => {
  const builtIn = await Promise.all((await listBuiltInJobs()).map(({ name }) => loadJob(name)));
  const images = {
    features: { name: 'pixels', type: 'u8', shape: [28, 28, 1] },
    labels: { name: 'labels', type: 'u8', shape: [], classes: 10 },
  } as const;
  const digits = builtIn.flatMap(({ name, data, model }) =>
    data.source === 'mnist' && 'layers' in model ? [{ name, layers: model.layers, ...images }] : [],
  );
  /** Text of as many kinds of tokens as the model gives values for. */
  const text = builtIn.flatMap(({ name, data, model }) => {
    if (data.source !== 'text' || !('layers' in model)) return [];
    const last = model.layers.at(-1);
    const field = { type: 'u8', shape: [64], classes: last?.type === 'dense' ? last.units : 96 } as const;
    return [{ name, layers: model.layers, features: { name: 'tokens', ...field }, labels: { name: 'next', ...field } }];
  });

  it.each<Omit<LayersOptions, 'loss'> & { readonly name: string; readonly layers: readonly Layer[] }>([
    ...digits,
    ...text,
    { name: 'a CNN of 32, 32 and 64 channels', layers: workloads.W4.layers, ...images },
    { name: 'a tower of residual blocks', layers: [...tower, dense(10)], ...images },
  ])('takes at most a third more than what is alive at once: $name', ({ layers, features, labels }) => {
    const graph = graphFromLayers(layers, { features, labels, loss: 'softmax-cross-entropy' });
    const model = buildModel(graph);
    const engine = engines.portable;
    for (const mode of ['training', 'evaluation', 'prediction'] as const) {
      const memory = new ModelMemory(engine, model, 25);
      const gradient = engine.allocate(4 * model.layout.total);
      const { buffers, temporaryBytes } = new Plan({ engine, model, memory, mode, samples: 25, gradient });
      const ratio = temporaryBytes / mostAliveBytes(buffers);
      expect(ratio, mode).toBeLessThanOrEqual(limit);
    }
  });
});
