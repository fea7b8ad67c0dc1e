import { inputOf, type OpNode } from '../../../engine/ops/op.ts';
import type { OnnxWriter } from '../onnx_writer.ts';
import type { OpExporter } from '../op_exporter.ts';

interface Heads {
  readonly positions: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly size: number;
  readonly rotary: { readonly base: number } | undefined;
}

/** What a position that is not seen adds to its score: as good as minus infinity, with which no softmax goes wrong. */
const unseen = -1e9;

/** Attention is an operator from operator set 23 on only: here with the scores, [heads, positions, positions]. */
export const attention: OpExporter = {
  op: 'attention',
  write(to, node) {
    const { causal = false } = node.attributes as { readonly causal?: boolean };
    const sizes = headsOf(node);
    const { heads, keyValueHeads, size, positions } = sizes;
    const q = split(to, node, 0, heads, sizes);
    const k = repeated(to, split(to, node, 1, keyValueHeads, sizes), sizes);
    const v = repeated(to, split(to, node, 2, keyValueHeads, sizes), sizes);
    const turnedKeys = to.step('Transpose', [k], { perm: [0, 1, 3, 2] });
    const scores = to.step('MatMul', [to.step('Mul', [q, to.number(1 / Math.sqrt(size))]), turnedKeys]);
    const masked = causal ? to.step('Add', [scores, causalMask(to, positions)]) : scores;
    const weighted = to.step('MatMul', [to.step('Softmax', [masked], { axis: -1 }), v]);
    const joined = to.step('Transpose', [weighted], { perm: [0, 2, 1, 3] });
    to.write(node, 'Reshape', [joined, to.integers([0, positions, heads * size])]);
  },
};

function headsOf(node: OpNode): Heads {
  const given = node.attributes as Pick<Partial<Heads>, 'keyValueHeads' | 'rotary'> & { readonly heads: number };
  const { heads, keyValueHeads = heads, rotary } = given;
  const [positions = 1, width = 1] = node.output.shape;
  return { positions, heads, keyValueHeads, size: width / heads, rotary };
}

/** An input as [samples, heads, positions, size]; queries and keys are turned by their positions, where that is asked. */
function split(to: OnnxWriter, node: OpNode, index: number, heads: number, sizes: Heads): string {
  const { positions, size, rotary } = sizes;
  const parts = to.step('Reshape', [to.value(inputOf(node, index)), to.integers([0, positions, heads, size])]);
  const byHead = to.step('Transpose', [parts], { perm: [0, 2, 1, 3] });
  return rotary === undefined || index === 2 ? byHead : turned(to, byHead, sizes, rotary.base);
}

/** Each head of keys or values as often as queries share it. */
function repeated(to: OnnxWriter, value: string, { heads, keyValueHeads, positions, size }: Heads): string {
  const times = heads / keyValueHeads;
  if (times === 1) return value;
  const apart = to.step('Reshape', [value, to.integers([0, keyValueHeads, 1, positions, size])]);
  const all = to.step('Expand', [apart, to.integers([1, 1, times, 1, 1])]);
  return to.step('Reshape', [all, to.integers([0, heads, positions, size])]);
}

function causalMask(to: OnnxWriter, positions: number): string {
  const mask = Float32Array.from({ length: positions ** 2 }, (_, at) =>
    at % positions > Math.floor(at / positions) ? unseen : 0,
  );
  return to.constant(`causal.${positions}`, mask, [positions, positions]);
}

/** Elements i and i + size / 2 turned by position * base^(−2i / size); the angles are the reader's to compute. */
function turned(to: OnnxWriter, value: string, { positions, size }: Heads, base: number): string {
  const half = size / 2;
  const exponents = Float32Array.from({ length: half }, (_, at) => (-2 * at) / size);
  const places = Float32Array.from({ length: positions }, (_, at) => at);
  const rates = to.step('Pow', [to.number(base), to.constant(`exponents.${size}`, exponents, [1, half])]);
  const angles = to.step('Mul', [to.constant(`positions.${positions}`, places, [positions, 1]), rates]);
  const [cos, sin] = [to.step('Cos', [angles]), to.step('Sin', [angles])];
  const part = (from: number) =>
    to.step('Slice', [value, to.integers([from]), to.integers([from + half]), to.integers([3])]);
  const [first, second] = [part(0), part(half)];
  const product = (one: string, other: string) => to.step('Mul', [one, other]);
  return to.step(
    'Concat',
    [
      to.step('Sub', [product(first, cos), product(second, sin)]),
      to.step('Add', [product(second, cos), product(first, sin)]),
    ],
    { axis: 3 },
  );
}
