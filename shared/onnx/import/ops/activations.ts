import type { OnnxNode } from '../../onnx_model.ts';
import { attributeOf, type OnnxReader, outputOf } from '../onnx_reader.ts';
import type { OpImporter } from '../op_importer.ts';

type Attributes = Readonly<Record<string, unknown>>;

function elementwise(opType: string, op: string, attributes?: (node: OnnxNode) => Attributes): OpImporter {
  return {
    opType,
    read(from, node) {
      const { tensor, isImage } = from.tensorAt(node);
      from.write(node, op, [tensor], { isImage, ...(attributes && { attributes: attributes(node) }) });
    },
  };
}

export const relu = elementwise('Relu', 'relu');

export const sigmoid = elementwise('Sigmoid', 'sigmoid');

export const tanh = elementwise('Tanh', 'tanh');

export const softplus = elementwise('Softplus', 'softplus');

export const leakyRelu = elementwise('LeakyRelu', 'leakyRelu', (node) => ({
  slope: attributeOf(node, 'alpha', 'float', 0.01),
}));

/** Bounds are attributes up to operator set 10, inputs from 11 on. */
export const clip: OpImporter = {
  opType: 'Clip',
  read(from, node) {
    const { tensor, isImage } = from.tensorAt(node);
    const bound = (name: string, index: number, otherwise: number) =>
      from.at(node, index) === undefined
        ? attributeOf(node, name, 'float', otherwise)
        : (from.constantAt(node, index).values[0] ?? otherwise);
    const attributes = { low: bound('min', 1, -largest), high: bound('max', 2, largest) };
    from.write(node, 'clip', [tensor], { attributes, isImage });
  },
};

/** As good as no bound. */
const largest = 3.4e38;

/** max(0, min(1, alpha x + beta)) */
export const hardSigmoid: OpImporter = {
  opType: 'HardSigmoid',
  read(from, node) {
    const alpha = attributeOf(node, 'alpha', 'float', 0.2);
    const beta = attributeOf(node, 'beta', 'float', 0.5);
    const { tensor, isImage } = from.tensorAt(node);
    from.write(node, 'clip', [line(from, node, tensor, alpha, beta)], { attributes: unit, isImage });
  },
};

/** x max(0, min(1, x / 6 + 1 / 2)) */
export const hardSwish: OpImporter = {
  opType: 'HardSwish',
  read(from, node) {
    const { tensor, isImage } = from.tensorAt(node);
    const gate = from.node(`${outputOf(node)}.gate`, 'clip', [line(from, node, tensor, 1 / 6, 0.5)], unit);
    from.write(node, 'multiply', [tensor, gate], { isImage });
  },
};

const unit = { low: 0, high: 1 };

function line(
  from: OnnxReader,
  node: OnnxNode,
  tensor: Parameters<OnnxReader['node']>[2][number],
  factor: number,
  offset: number,
) {
  return from.node(`${outputOf(node)}.line`, 'scale', [tensor], { factor, offset });
}
