// Where elements stand: other shapes, other orders, parts. Of constants, the shapes of tensors above all, the result is
// known at once.

import { elementsOf, type Shape } from '../../../engine/shape.ts';
import type { OnnxNode } from '../../onnx_model.ts';
import {
  anySamples,
  attributeOf,
  type Constant,
  type OnnxReader,
  onnxShape,
  outputOf,
  refusal,
  type SampleTensor,
} from '../onnx_reader.ts';
import type { OpImporter } from '../op_importer.ts';

function vector(values: readonly number[]): Constant {
  return { kind: 'constant', values: Float64Array.from(values), shape: [values.length] };
}

export const shape: OpImporter = {
  opType: 'Shape',
  read: (from, node) => from.define(outputOf(node), vector(onnxShape(from.tensorAt(node)))),
};

/** Another shape, stated for ONNX's order. */
function reshapeTo(from: OnnxReader, node: OnnxNode, value: SampleTensor, wanted: Shape): void {
  const found = onnxShape(value);
  const sizes = wanted.map((size, at) => (size === 0 ? (found[at] ?? 0) : size));
  const [samples, ...rest] = sizes;
  const elements = elementsOf(found.slice(1));
  const known = elementsOf(rest.filter((size) => size !== -1));
  const own = rest.map((size) => (size === -1 ? elements / known : size));
  const isOpen = samples === anySamples || samples === -1;
  if (!isOpen || elementsOf(own) !== elements) {
    throw refusal(node, `shape ${wanted.join(', ')} of ${found.join(', ')}: the samples must stay apart`);
  }
  const isSame = own.join() === found.slice(1).join();
  if (isSame) from.define(outputOf(node), value);
  else from.write(node, 'reshape', [from.plain(value)], { attributes: { shape: own } });
}

export const reshape: OpImporter = {
  opType: 'Reshape',
  read(from, node) {
    const value = from.at(node, 0);
    const wanted = [...from.constantAt(node, 1).values];
    if (value?.kind === 'constant') {
      const known = elementsOf(wanted.filter((size) => size !== -1));
      from.define(outputOf(node), {
        ...value,
        shape: wanted.map((size) => (size === -1 ? value.values.length / known : size)),
      });
    } else reshapeTo(from, node, from.tensorAt(node), wanted);
  },
};

export const flatten: OpImporter = {
  opType: 'Flatten',
  read(from, node) {
    if (attributeOf(node, 'axis', 'int', 1) !== 1) throw refusal(node, 'expected axis 1');
    reshapeTo(from, node, from.tensorAt(node), [0, -1]);
  },
};

/** Axes are an input from operator set 13 on. */
function axesOf(from: OnnxReader, node: OnnxNode): readonly number[] {
  return from.at(node, 1) === undefined ? attributeOf(node, 'axes', 'ints', []) : [...from.constantAt(node, 1).values];
}

export const unsqueeze: OpImporter = {
  opType: 'Unsqueeze',
  read(from, node) {
    const value = from.at(node, 0);
    const axes = axesOf(from, node);
    if (value === undefined) throw refusal(node, 'has no input');
    const sizes = [...(value.kind === 'constant' ? value.shape : onnxShape(value))];
    const rank = sizes.length + axes.length;
    for (const axis of axes.map((each) => (each < 0 ? each + rank : each)).sort((one, other) => one - other))
      sizes.splice(axis, 0, 1);
    if (value.kind === 'constant') from.define(outputOf(node), { ...value, shape: sizes });
    else reshapeTo(from, node, value, sizes);
  },
};

export const squeeze: OpImporter = {
  opType: 'Squeeze',
  read(from, node) {
    const value = from.at(node, 0);
    if (value === undefined) throw refusal(node, 'has no input');
    const sizes = value.kind === 'constant' ? value.shape : onnxShape(value);
    const axes = axesOf(from, node).map((axis) => (axis < 0 ? axis + sizes.length : axis));
    const isGone = (size: number, at: number) => (axes.length === 0 ? size === 1 : axes.includes(at));
    const left = sizes.filter((size, at) => !isGone(size, at));
    if (value.kind === 'constant') from.define(outputOf(node), { ...value, shape: left });
    else reshapeTo(from, node, value, left);
  },
};

export const transpose: OpImporter = {
  opType: 'Transpose',
  read(from, node) {
    const value = from.tensorAt(node);
    const rank = onnxShape(value).length;
    const order = attributeOf(node, 'perm', 'ints', [...Array(rank).keys()].reverse());
    if (order[0] !== 0) throw refusal(node, 'the samples must stay in front');
    const { tensor, isImage } = value;
    // Images that come in with their channels last, as ours have them, and go out so.
    if (!isImage && order.join() === '0,3,1,2') from.define(outputOf(node), { kind: 'tensor', tensor, isImage: true });
    else if (isImage && order.join() === '0,2,3,1')
      from.define(outputOf(node), { kind: 'tensor', tensor, isImage: false });
    else {
      const own = order.slice(1).map((dimension) => dimension - 1);
      from.write(node, 'transpose', [from.plain(value)], { attributes: { order: own } });
    }
  },
};

export const concat: OpImporter = {
  opType: 'Concat',
  read(from, node) {
    const values = node.inputs.map((_, index) => from.at(node, index));
    const axis = attributeOf(node, 'axis', 'int', 0);
    if (values.every((value) => value?.kind === 'constant')) {
      from.define(outputOf(node), vector(values.flatMap((value) => [...((value as Constant).values ?? [])])));
      return;
    }
    const tensors = node.inputs.map((_, index) => from.plainAt(node, index));
    if (axis === 0) throw refusal(node, 'the samples must stay apart');
    from.write(node, 'concat', tensors, { attributes: { axis: axis < 0 ? axis : axis - 1 } });
  },
};

/** Of constants; and of a tensor's rows or columns, stretches without steps. */
export const slice: OpImporter = {
  opType: 'Slice',
  read(from, node) {
    const value = from.at(node, 0);
    const list = (name: string, index: number) =>
      from.at(node, index) === undefined
        ? attributeOf(node, name, 'ints', undefined)
        : [...from.constantAt(node, index).values];
    const [starts = [], ends = []] = [list('starts', 1), list('ends', 2)];
    const axes = list('axes', 3) ?? [...starts.keys()];
    if (list('steps', 4)?.some((step) => step !== 1)) throw refusal(node, 'steps are not supported');
    if (value?.kind === 'constant') {
      from.define(outputOf(node), vector([...value.values.slice(starts[0], ends[0])]));
      return;
    }
    const [axis = 0] = axes;
    if (axes.length !== 1 || axis === 0)
      throw refusal(node, 'expected a stretch along one axis, not that of the samples');
    const tensor = from.plainAt(node);
    const own = axis < 0 ? tensor.shape.length + axis : axis - 1;
    const size = tensor.shape[own] ?? 0;
    const place = (at: number) => Math.min(size, at < 0 ? at + size : at);
    const start = place(starts[0] ?? 0);
    const attributes = { axis: own, start, length: place(ends[0] ?? size) - start };
    from.write(node, 'slice', [tensor], { attributes });
  },
};

/** Of known numbers, one or several; and rows of a table, by ids. */
export const gather: OpImporter = {
  opType: 'Gather',
  read(from, node) {
    const [table, ids] = [from.at(node, 0), from.at(node, 1)];
    if (table?.kind !== 'constant')
      throw refusal(node, 'of a tensor that is computed for each sample is not supported');
    if (ids?.kind === 'constant') {
      const values = ids.values.map((at) => table.values.at(at) ?? 0);
      from.define(outputOf(node), { kind: 'constant', values, shape: ids.shape });
      return;
    }
    if (table.shape.length !== 2) throw refusal(node, 'expected a table of two dimensions');
    from.write(node, 'embedding', [from.tensorAt(node, 1).tensor, from.parameter(node.inputs[0] ?? '', table)]);
  },
};
