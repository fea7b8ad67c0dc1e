import { attributeOf, refusal } from '../onnx_reader.ts';
import type { OpImporter } from '../op_importer.ts';

/** ONNX states what is kept of the running statistics, we what is taken in. */
export const batchNormalization: OpImporter = {
  opType: 'BatchNormalization',
  read(from, node) {
    const { tensor, isImage } = from.tensorAt(node);
    if (!isImage && tensor.shape.length > 1)
      throw refusal(node, 'of sequences is not supported, expected images or rows');
    const epsilon = attributeOf(node, 'epsilon', 'float', 1e-5);
    const momentum = 1 - attributeOf(node, 'momentum', 'float', 0.9);
    const name = (index: number) => node.inputs[index] ?? '';
    const update = { kind: 'movingAverage', momentum } as const;
    const parameters = [1, 2].map((index) => from.parameter(name(index), from.constantAt(node, index)));
    const states = [3, 4].map((index) => from.state(name(index), from.constantAt(node, index), update));
    from.write(node, 'batchNorm', [tensor, ...parameters, ...states], { attributes: { epsilon }, isImage });
  },
};

export const layerNormalization: OpImporter = {
  opType: 'LayerNormalization',
  read(from, node) {
    const x = from.plainAt(node);
    const axis = attributeOf(node, 'axis', 'int', -1);
    if (axis !== -1 && axis !== x.shape.length) throw refusal(node, `axis ${axis}: expected the last one`);
    const epsilon = attributeOf(node, 'epsilon', 'float', 1e-5);
    const gain = from.parameter(node.inputs[1] ?? '', from.constantAt(node, 1));
    const zeros = { kind: 'constant', values: new Float64Array(gain.shape[0] ?? 1), shape: gain.shape } as const;
    const given = from.at(node, 2) === undefined ? zeros : from.constantAt(node, 2);
    const bias = from.parameter(node.inputs[2] ?? `${gain.name}.bias`, given);
    from.write(node, 'layerNorm', [x, gain, bias], { attributes: { epsilon } });
  },
};
