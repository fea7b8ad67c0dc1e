import { describe, expect, it } from 'vitest';
import { denseChain } from '../../../shared/model/dense_chain.ts';
import { graphFromLayers } from '../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../shared/model/layers/layer_registry.ts';

function chainOf(layers: readonly Layer[], shape: readonly number[] = [4]) {
  const features = { name: 'features', type: 'f32', shape } as const;
  const labels = { name: 'labels', type: 'u8', shape: [], classes: 3 } as const;
  const loss = { kind: 'softmax-cross-entropy', labelSmoothing: 0 } as const;
  return denseChain(graphFromLayers(layers, { features, labels, loss }), 'features');
}

describe('denseChain', () => {
  it('has the layers of a perceptron in their order', () => {
    expect(chainOf([{ type: 'dense', units: 5 }, { type: 'tanh' }, { type: 'dense', units: 3 }])).toEqual([
      { tensor: 'dense1.weight', inputs: 4, outputs: 5 },
      { tensor: 'dense2.weight', inputs: 5, outputs: 3 },
    ]);
  });

  it('is none of what has other layers, too', () => {
    const layers: readonly Layer[] = [
      { type: 'conv2d', filters: 2, kernelSize: 2 },
      { type: 'dense', units: 3 },
    ];
    expect(chainOf(layers, [4, 4, 1])).toBeUndefined();
  });
});
