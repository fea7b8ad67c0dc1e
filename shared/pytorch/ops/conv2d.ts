import { inputOf, type OpNode } from '../../engine/ops/op.ts';
import type { Padding, Strides } from '../../engine/ops/window.ts';
import type { OpExporter } from '../op_exporter.ts';
import type { ModuleTensor, PytorchWriter } from '../pytorch_writer.ts';
import { zerosAround } from './window.ts';

export const conv2d: OpExporter = {
  op: 'conv2d',
  write(to, node) {
    const [, , channels = 1, filters = 1] = inputOf(node, 1).shape;
    // From [height, width, channels, filters] to [filters, channels, height, width].
    writeConvolution(to, node, { channels, filters, options: [], weight: { order: [3, 2, 0, 1] } });
  },
};

interface Convolution {
  readonly channels: number;
  readonly filters: number;
  /** Arguments of the module besides its geometry. */
  readonly options: readonly string[];
  /** How PyTorch has the filters. */
  readonly weight: Pick<ModuleTensor, 'order' | 'shape'>;
}

/** A convolution's module, with the bias behind it if there is one. */
export function writeConvolution(to: PytorchWriter, node: OpNode, given: Convolution): void {
  const added = to.biasBehind(node);
  const { zeros, geometry } = geometryOf(node);
  const [left, right, top, bottom] = zeros;
  const isEven = left === right && top === bottom;
  const options = [
    geometry,
    ...(isEven && top + left > 0 ? [`padding=(${top}, ${left})`] : []),
    ...given.options,
    ...(added === undefined ? ['bias=False'] : []),
  ];
  const tensors = [
    { key: 'weight', tensor: inputOf(node, 1), ...given.weight },
    ...(added === undefined ? [] : [{ key: 'bias', tensor: inputOf(added, 1) }]),
  ];
  const module = `nn.Conv2d(${given.channels}, ${given.filters}, ${options.join(', ')})`;
  const name = to.module(node, module, tensors);
  const image = to.value(inputOf(node), 'channels first');
  to.write(added ?? node, `${name}(${isEven ? image : `F.pad(${image}, (${zeros.join(', ')}))`})`, 'channels first');
}

function pythonOf(stride: Strides): string {
  return typeof stride === 'number' ? String(stride) : `(${stride.join(', ')})`;
}

function geometryOf(node: OpNode) {
  const { stride, padding } = node.attributes as { readonly stride: Strides; readonly padding: Padding };
  const [height = 1, width = 1] = inputOf(node).shape;
  const [tall = 1, wide = 1] = inputOf(node, 1).shape;
  return {
    zeros: zerosAround({ image: [height, width], window: [tall, wide], stride, padding }),
    geometry: `(${tall}, ${wide})${stride === 1 ? '' : `, stride=${pythonOf(stride)}`}`,
  };
}
