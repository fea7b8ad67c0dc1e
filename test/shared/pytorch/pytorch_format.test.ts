// What is written for PyTorch means there what it means to the engine, op by op.

import { describe, expect, it } from 'vitest';
import { exportedOps } from '../../../shared/onnx/export/export_onnx.ts';
import { pytorchOps, safetensors } from '../../../shared/pytorch/pytorch_format.ts';
import { readSafetensors } from '../../../shared/safetensors/safetensors.ts';
import { cases, convolutional } from '../export/op_cases.ts';
import { largestDifference, predict } from '../export/predictions.ts';
import { runPytorch } from './pytorch.ts';

describe('an op written as PyTorch', () => {
  it('gives what the engine gives, in every case', async () => {
    const named = Object.entries(cases).flatMap(([op, graphs]) =>
      graphs.map((graph) => ({ op, ours: predict(graph) })),
    );
    const theirs = await runPytorch(named.map(({ ours }) => ours));
    const wrong = named.filter(({ ours }, index) => {
      const values = theirs[index];
      return values === undefined || !(largestDifference(ours.outputs, values) < 1e-5);
    });
    expect(wrong.map(({ op }) => op)).toEqual([]);
    expect(theirs).toHaveLength(named.length);
  });

  it('is every op that can be written to ONNX', () => {
    expect(pytorchOps).toEqual(exportedOps);
  });
});

describe('the weights for PyTorch', () => {
  it('have the names and the layouts of its modules', () => {
    const [file] = safetensors.write(predict(convolutional).model, 'model');
    const { tensors, metadata } = readSafetensors(file?.bytes ?? new Uint8Array());
    expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['first.weight', [4, 3, 3, 3]],
      ['first.bias', [4]],
      ['second.weight', [4, 4, 3, 3]],
      ['second.bias', [4]],
    ]);
    expect(metadata.format).toBe('pt');
  });
});
