import { describe, expect, it } from 'vitest';
import { firstLayer, unitPicture } from '../../../shared/model/first_layer.ts';
import { graphFromLayers } from '../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../shared/model/layers/layer_registry.ts';
import { takesAndGives } from '../../../shared/model/takes_and_gives.ts';

function layerOf(layers: readonly Layer[], shape: readonly number[]) {
  const fields = [
    { name: 'pixels', type: 'u8', shape },
    { name: 'labels', type: 'u8', shape: [], classes: 10 },
  ] as const;
  const graph = graphFromLayers(layers, {
    features: fields[0],
    labels: fields[1],
    loss: { kind: 'softmax-cross-entropy', labelSmoothing: 0 },
  });
  return firstLayer(graph, 'pixels', takesAndGives({ graph, fields }).takes);
}

const last: Layer = { type: 'dense', units: 10 };

describe('firstLayer', () => {
  it('has a picture of all pixels for each unit of a dense layer', () => {
    expect(layerOf([{ type: 'dense', units: 7 }, last], [20, 30])).toEqual({
      tensor: 'dense1.weight',
      height: 20,
      width: 30,
      channels: 1,
      units: 7,
    });
  });

  it('has the filters of a convolution, never the weights of the layer behind it', () => {
    const layers: readonly Layer[] = [
      { type: 'randomShift', pixels: 1 },
      { type: 'conv2d', filters: 8, kernelSize: 5 },
      last,
    ];
    expect(layerOf(layers, [28, 28, 1])).toEqual({
      tensor: 'conv1.weight',
      height: 5,
      width: 5,
      channels: 1,
      units: 8,
    });
    expect(layerOf(layers, [28, 28, 3])).toMatchObject({ channels: 3, units: 8 });
  });

  it('is none where something else comes first, or the features are no picture', () => {
    expect(layerOf([{ type: 'maxPool', size: 2 }, last], [28, 28, 1])).toBeUndefined();
    expect(layerOf([last], [12])).toBeUndefined();
  });
});

describe('unitPicture', () => {
  it('picks the weights of a unit, pixel by pixel', () => {
    const layer = { tensor: 'w', height: 1, width: 3, channels: 1, units: 2 } as const;
    expect([...unitPicture(layer, Float32Array.of(1, 10, 2, 20, 3, 30), 1)]).toEqual([10, 20, 30]);
  });
});
