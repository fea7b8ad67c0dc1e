// attention: multi-head attention of queries, keys and values that are given, softmax(q kᵀ / √size) v in each head, in one
// kernel that never keeps the scores. q [positions, heads * size] per sample, k and v [positions, keyValueHeads * size];
// output as q. How it is computed stands in shared/kernels/attention.ts.

import * as v from 'valibot';
import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { shapeText } from '../shape.ts';
import {
  inputOf,
  type Mathematics,
  mismatch,
  type Op,
  type OpNode,
  type ReferenceArguments,
  requireBatch,
  type Tensor,
  takeInputs,
  valuesOf,
} from './op.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024));

/** What a layer states of its attention, too. */
export const attentionEntries = {
  heads: count,
  /** Heads of keys and values, each shared by as many of the queries'; `heads` if left out. */
  keyValueHeads: v.exactOptional(count),
  /** Whether a position sees only itself and those before it. */
  causal: v.exactOptional(v.boolean()),
  /** Rotary positions: elements i and i + size / 2 of q and k are turned by position * base^(−2i / size). */
  rotary: v.exactOptional(v.strictObject({ base: v.pipe(v.number(), v.finite(), v.minValue(1)) })),
};

const attributes = v.strictObject(attentionEntries);

type Attributes = v.InferOutput<typeof attributes>;

export const attention: Op = {
  name: 'attention',
  attributes,

  infer(inputs, given, nodeName) {
    const [q, k, values] = takeInputs(inputs, ['queries', 'keys', 'values'], nodeName, 'attention');
    for (const input of [q, k, values]) requireBatch(input, nodeName, 'attention');
    const { heads, keyValueHeads = heads, rotary } = given as Attributes;
    const [positions, width] = q.shape;
    const isFit = q.shape.length === 2 && width !== undefined && width % heads === 0 && heads % keyValueHeads === 0;
    if (!isFit) {
      const expected = `queries [positions, heads * size] with heads ${heads}, a multiple of keyValueHeads ${keyValueHeads}`;
      throw mismatch(nodeName, 'attention', expected, `queries ${shapeText(q.shape)}`);
    }
    const size = width / heads;
    const expected = [positions, keyValueHeads * size].join(', ');
    const misfit = [k, values].find(({ shape }) => shape.join(', ') !== expected);
    if (misfit !== undefined) {
      throw mismatch(
        nodeName,
        'attention',
        `keys and values [${expected}]`,
        `${misfit.name} ${shapeText(misfit.shape)}`,
      );
    }
    if (rotary !== undefined && size % 2 !== 0) {
      throw mismatch(nodeName, 'attention', 'heads of an even size for rotary positions', `size ${size}`);
    }
    return { kind: 'batch', type: 'f32', shape: q.shape };
  },

  forward(emit, node) {
    const { inputs, rotary, scratch, statistics, counts } = callOf(emit, node);
    emit.call('attention', emit.value(node.output), statistics, ...inputs, rotary, scratch, ...counts);
  },

  gradient(emit, node) {
    const { inputs, rotary, scratch, statistics, counts } = callOf(emit, node);
    const output = emit.outputGradient(node);
    contributeAll(emit, node.inputs, ([q = unwanted, k = unwanted, values = unwanted]) =>
      emit.call('attentionGradient', q, k, values, output, statistics, ...inputs, rotary, scratch, ...counts),
    );
  },

  reference(given) {
    const { heads, causal = false } = given.node.attributes as Attributes;
    const { positions, size, keyValueHeads } = sizesOf(given.node);
    const [q, k] = [turned(given, 0, heads), turned(given, 1, keyValueHeads)];
    const values = valuesOf(given, 2);
    const output = new Float64Array(q.length);
    const width = heads * size;
    const sharedWidth = keyValueHeads * size;
    for (let row = 0; row < q.length / width; row++) {
      const first = row - (row % positions);
      const seen = causal ? row - first + 1 : positions;
      for (let head = 0; head < heads; head++) {
        const at = row * width + head * size;
        const shared = first * sharedWidth + Math.floor(head / (heads / keyValueHeads)) * size;
        const query = q.subarray(at, at + size);
        const keys = Array.from({ length: seen }, (_, key) => shared + key * sharedWidth);
        const scores = keys.map((from) => dot(query, k.subarray(from, from + size)) / Math.sqrt(size));
        weightedSum(output.subarray(at, at + size), softmax(scores, given.mathematics), keys, values);
      }
    }
    return output;
  },
};

function sizesOf(node: OpNode) {
  const { heads, keyValueHeads = heads } = node.attributes as Attributes;
  const [positions = 1, width = 1] = node.output.shape;
  return { positions, heads, keyValueHeads, size: width / heads };
}

/** What both kernels are called with, and what forward leaves for backward. */
function callOf(emit: Emitter, node: OpNode) {
  const { causal = false } = node.attributes as Attributes;
  const { positions, heads, keyValueHeads, size } = sizesOf(node);
  const scratchBytes = emit.kernels.attentionScratchBytes(positions, size);
  return {
    inputs: [emit.value(inputOf(node, 0)), emit.value(inputOf(node, 1)), emit.value(inputOf(node, 2))] as const,
    rotary: rotaryOf(emit, node),
    scratch: emit.temporary(scratchBytes / 4),
    statistics: emit.derived(`statistics of ${node.name}`, () => emit.temporary(2 * emit.samples * positions * heads)),
    counts: [emit.samples, positions, heads, keyValueHeads, size, causal ? 1 : 0] as const,
  };
}

function rotaryOf(emit: Emitter, node: OpNode): Buffer | 0 {
  const { rotary } = node.attributes as Attributes;
  if (rotary === undefined) return 0;
  const { positions, size } = sizesOf(node);
  const key = `rotary ${positions} ${size} ${rotary.base}`;
  return emit.prepared(key, 4 * positions * size, (program, table) =>
    program.call('rotaryTable', table, positions, size / 2, rotary.base),
  );
}

/** In the place of a gradient that nobody needs. */
const unwanted = 0 as const;

type Target = Buffer | typeof unwanted;

/** As `Emitter.contribute`, for a kernel that writes the gradients of all inputs at once. */
function contributeAll(
  emit: Emitter,
  tensors: readonly Tensor[],
  write: (targets: readonly Target[]) => void,
  targets: readonly Target[] = [],
): void {
  const tensor = tensors[targets.length];
  if (tensor === undefined) {
    write(targets);
  } else if (emit.needsGradient(tensor)) {
    emit.contribute(tensor, (target) => contributeAll(emit, tensors, write, [...targets, target]));
  } else {
    contributeAll(emit, tensors, write, [...targets, unwanted]);
  }
}

/** The values of an input, turned by the rotary positions where there are some. */
function turned(given: ReferenceArguments, index: number, heads: number): Float64Array {
  const { rotary } = given.node.attributes as Attributes;
  const values = valuesOf(given, index);
  if (rotary === undefined) return values;
  const { positions, size } = sizesOf(given.node);
  const { exp, log, sin, cos } = given.mathematics;
  return values.map((x, at) => {
    const element = at % size;
    const isFirst = element < size / 2;
    const other = values[isFirst ? at + size / 2 : at - size / 2] ?? 0;
    const position = Math.floor(at / (heads * size)) % positions;
    const angle = position * exp((-2 * (element % (size / 2)) * log(rotary.base)) / size);
    return x * cos(angle) + (isFirst ? -other : other) * sin(angle);
  });
}

function dot(one: Float64Array, other: Float64Array): number {
  return one.reduce((sum, x, at) => sum + x * (other[at] ?? 0), 0);
}

function softmax(scores: readonly number[], { exp }: Mathematics): readonly number[] {
  const highest = Math.max(...scores);
  const exponentials = scores.map((score) => exp(score - highest));
  const sum = exponentials.reduce((total, each) => total + each, 0);
  return exponentials.map((each) => each / sum);
}

/** sums = Σ weights * the rows of `values` that start at `starts`. */
function weightedSum(
  sums: Float64Array,
  weights: readonly number[],
  starts: readonly number[],
  values: Float64Array,
): void {
  weights.forEach((weight, index) => {
    for (let at = 0; at < sums.length; at++) {
      sums[at] = (sums[at] ?? 0) + weight * (values[(starts[index] ?? 0) + at] ?? 0);
    }
  });
}
