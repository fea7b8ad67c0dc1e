import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../../shared/engine/model.ts';
import { InputError } from '../../../../shared/errors.ts';
import { parseJob } from '../../../../shared/job/job.ts';
import { graphFromLayers } from '../../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../../shared/model/layers/layer_registry.ts';
import { batchNorm, conv2d, dense, relu, residual } from '../../../../shared/model/layers/registered_layers.ts';
import { checkLayersGradients } from '../../engine/small_models.ts';
import { profiles } from '../../kernels/profiles.ts';

const options = {
  features: { name: 'images', type: 'f32', shape: [6, 6, 2] },
  labels: { name: 'labels', type: 'u8', shape: [], classes: 3 },
  loss: 'softmax-cross-entropy',
} as const;

const graphOf = (...layers: readonly Layer[]) => graphFromLayers([...layers, dense(3)], options);

const convolution = (filters: number, stride = 1) =>
  conv2d({ filters, kernelSize: 3, padding: 'same', stride, bias: false });

describe('a residual block', () => {
  it('adds its input to what its layers make of it', () => {
    const { nodes } = graphOf(residual([convolution(2), batchNorm(), relu()]));
    const sum = nodes.find(({ op }) => op === 'add');
    expect(sum).toEqual({ name: 'residual1', op: 'add', inputs: ['relu1', 'images'] });
    expect(nodes.find(({ op }) => op === 'conv2d')?.inputs[0]).toBe('images');
  });

  it('adds what its shortcut makes of the input', () => {
    const { nodes } = graphOf(residual([convolution(4, 2), relu()], [convolution(4, 2)]));
    expect(nodes.find(({ op }) => op === 'add')?.inputs).toEqual(['relu1', 'conv1.product']);
    expect(nodes.filter(({ op }) => op === 'conv2d').map(({ inputs }) => inputs[0])).toEqual(['images', 'images']);
  });

  it('may hold others', () => {
    const block = residual([convolution(2), residual([relu()])]);
    const { layout } = buildModel(graphOf(block, block));
    expect(layout.tensors.map(({ name }) => name)).toEqual([
      'conv1.weight',
      'conv2.weight',
      'dense1.weight',
      'dense1.bias',
    ]);
  });

  it.each(profiles)('has gradients that agree with numerical differentiation in the %s profile', (profile) => {
    checkLayersGradients(profile, [residual([relu(), residual([batchNorm()])])], { tolerance: 2e-3, least: 5 });
  });

  it('is refused where both ends differ in shape, by its place', () => {
    expect(() => graphOf(relu(), residual([convolution(4)]))).toThrow(
      new InputError(
        "model.layers.1 (residual): expected layers that end in the input's shape [6, 6, 2] (or a shortcut), found [6, 6, 4]",
      ),
    );
    expect(() => graphOf(residual([convolution(4)], [convolution(3)]))).toThrow(
      new InputError(
        "model.layers.0 (residual): expected layers that end in the shortcut's shape [6, 6, 3], found [6, 6, 4]",
      ),
    );
  });

  it('names the place of a layer within it that does not fit', () => {
    const tooLarge = conv2d({ filters: 2, kernelSize: 9 });
    const found = 'expected an image of at least 9x9, found x [6, 6, 2]';
    expect(() => graphOf(relu(), residual([relu(), residual([tooLarge])]))).toThrow(
      new InputError(`model.layers.1 (residual), layers.1 (residual), layers.0 (conv2d): ${found}`),
    );
    expect(() => graphOf(residual([relu()], [tooLarge]))).toThrow(
      new InputError(`model.layers.0 (residual), shortcut.0 (conv2d): ${found}`),
    );
  });
});

describe('a job', () => {
  const jobWith = (layers: unknown) => () =>
    parseJob(
      {
        name: 'blocks',
        data: { source: 'mnist' },
        model: { layers },
        loss: 'softmax-cross-entropy',
        optimizer: { kind: 'sgd', learningRate: 0.1 },
        batchSize: 10,
        epochs: 1,
      },
      'job.json',
    );

  it('names the field of a layer within a residual block that is wrong', () => {
    expect(jobWith([{ type: 'residual', layers: [{ type: 'conv2d', filters: 2, kernelsize: 3 }] }])).toThrow(
      'job.json: model.layers.0.layers.0.kernelsize: unknown key (did you mean kernelSize?)',
    );
    expect(jobWith([{ type: 'residual', layers: [{ type: 'dense', units: 0 }] }])).toThrow(
      'job.json: model.layers.0.layers.0.units: expected at least 1, found 0',
    );
  });

  it('may not nest layers without end', () => {
    let layers: unknown = [{ type: 'relu' }];
    for (let depth = 0; depth < 4; depth++) layers = [{ type: 'residual', layers }];
    expect(jobWith(layers)).not.toThrow();
    expect(jobWith([{ type: 'residual', layers }])).toThrow(/: expected layers within layers at most 4 deep/);
  });
});
