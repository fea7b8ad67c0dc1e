// What the predictions of a set say beyond sums: which classes are taken for which, how good each label is by itself, how
// much of the targets' variance is explained. In f64, in the order of the samples.

import { type FieldSpecification, type Samples, sliceSamples } from '../../shared/data/samples.ts';
import type { Graph } from '../../shared/engine/graph.ts';
import { buildModel } from '../../shared/engine/model.ts';
import { elementsOf } from '../../shared/engine/shape.ts';
import { type EvaluationSet, evaluationBlocks } from '../training/evaluation.ts';
import type { PreparedJob } from './prepared_job.ts';

/** Outputs that are computed at once, and classes of which a matrix is counted. */
const [maximumOutputs, maximumClasses] = [2 ** 22, 1000];

export type PredictionReport =
  | { readonly kind: 'classes'; readonly confusion: Confusion }
  | { readonly kind: 'labels'; readonly labels: readonly Hits[] }
  | { readonly kind: 'values'; readonly targets: readonly TargetErrors[] };

/** How often each class was taken for each: actual by predicted, row-major. */
export interface Confusion {
  readonly classes: number;
  readonly counts: Float64Array;
}

/** Of one class, or one label that applies or not. */
export interface Hits {
  /** Predicted, and right. */
  readonly hits: number;
  readonly predicted: number;
  readonly actual: number;
}

/** Of one target. */
export interface TargetErrors {
  readonly meanAbsoluteError: number;
  readonly rootMeanSquaredError: number;
  /** 1 − Σ (t − y)² / Σ (t − mean of t)²; undefined where all targets are equal. */
  readonly rSquared: number | undefined;
}

/** The report of a set; undefined where it has no samples, or the prediction is nothing that its labels compare with. */
export function reportOf(prepared: PreparedJob, set: EvaluationSet): PredictionReport | undefined {
  const { fields } = prepared.data.dataSet;
  const labels = fields[1];
  if (labels === undefined) return undefined;
  const size = elementsOf(buildModel(prepared.graph).prediction.shape);
  const collector = collectorFor(prepared.graph, size, labels);
  if (collector === undefined) return undefined;
  let count = 0;
  for (const samples of samplesOf(prepared, set, Math.max(1, Math.floor(maximumOutputs / size)))) {
    const outputs = prepared.state.replica.predict(samples);
    collector.add(outputs, valuesOf(samples, labels));
    count += samples.count;
  }
  return count === 0 ? undefined : collector.report();
}

interface Collector {
  /** Outputs and labels of some samples. */
  readonly add: (outputs: Float32Array, labels: Float64Array) => void;
  readonly report: () => PredictionReport;
}

function collectorFor(graph: Graph, outputs: number, labels: FieldSpecification): Collector | undefined {
  const positions = elementsOf(labels.shape);
  if (labels.classes !== undefined) {
    const isLogits = outputs === positions * labels.classes && labels.classes <= maximumClasses;
    return isLogits ? confusionCollector(labels.classes, labels.ignored) : undefined;
  }
  if (outputs !== positions) return undefined;
  const loss = graph.nodes.find(({ name }) => name === graph.loss);
  return loss?.op === 'binaryCrossEntropy' ? labelsCollector(outputs) : valuesCollector(outputs);
}

/** The set's samples, at most so many at once. */
function* samplesOf({ data }: PreparedJob, set: EvaluationSet, most: number): Iterable<Samples> {
  for (const [shard, block] of evaluationBlocks(data.evaluationSizes).entries()) {
    if (block.set !== set) continue;
    const samples = data.samplesOf({ kind: 'evaluation', step: 0, shard: { first: shard, count: 1 } });
    for (let first = 0; first < samples.count; first += most) {
      yield sliceSamples(samples, data.dataSet.fields, first, Math.min(samples.count, first + most));
    }
  }
}

function valuesOf({ fields }: Samples, { type }: FieldSpecification): Float64Array {
  const bytes = fields[1] ?? new Uint8Array(0);
  if (type === 'u8') return Float64Array.from(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Float64Array.from({ length: bytes.length / 4 }, (_, index) =>
    type === 'i32' ? view.getInt32(4 * index, true) : view.getFloat32(4 * index, true),
  );
}

function confusionCollector(classes: number, ignored: number | undefined): Collector {
  const counts = new Float64Array(classes * classes);
  return {
    add(outputs, labels) {
      labels.forEach((label, at) => {
        if (label === ignored) return;
        const cell = label * classes + largestOf(outputs.subarray(at * classes, (at + 1) * classes));
        counts[cell] = (counts[cell] ?? 0) + 1;
      });
    },
    report: () => ({ kind: 'classes', confusion: { classes, counts } }),
  };
}

/** The first of equals. */
function largestOf(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > (values[best] ?? value) ? index : best), 0);
}

function labelsCollector(size: number): Collector {
  const found = Array.from({ length: size }, () => ({ hits: 0, predicted: 0, actual: 0 }));
  return {
    add(outputs, labels) {
      labels.forEach((label, at) => {
        const of = found[at % size];
        const [isPredicted, isActual] = [(outputs[at] ?? 0) > 0, label > 0.5];
        if (of === undefined) return;
        of.predicted += Number(isPredicted);
        of.actual += Number(isActual);
        of.hits += Number(isPredicted && isActual);
      });
    },
    report: () => ({ kind: 'labels', labels: found }),
  };
}

function valuesCollector(size: number): Collector {
  const sums = Array.from({ length: size }, () => ({ count: 0, absolute: 0, squared: 0, mean: 0, spread: 0 }));
  return {
    add(outputs, labels) {
      labels.forEach((target, at) => {
        const of = sums[at % size];
        if (of === undefined) return;
        const error = (outputs[at] ?? 0) - target;
        of.count += 1;
        of.absolute += Math.abs(error);
        of.squared += error * error;
        // B. P. Welford, "Note on a method for calculating corrected sums of squares and products", 1962.
        const before = target - of.mean;
        of.mean += before / of.count;
        of.spread += before * (target - of.mean);
      });
    },
    report: () => ({
      kind: 'values',
      targets: sums.map(({ count, absolute, squared, spread }) => ({
        meanAbsoluteError: absolute / count,
        rootMeanSquaredError: Math.sqrt(squared / count),
        rSquared: spread === 0 ? undefined : 1 - squared / spread,
      })),
    }),
  };
}

/** Precision and recall of each class need these. */
export function hitsOf({ classes, counts }: Confusion): readonly Hits[] {
  return Array.from({ length: classes }, (_, own) => {
    let [predicted, actual] = [0, 0];
    for (let other = 0; other < classes; other++) {
      predicted += counts[other * classes + own] ?? 0;
      actual += counts[own * classes + other] ?? 0;
    }
    return { hits: counts[own * classes + own] ?? 0, predicted, actual };
  });
}
