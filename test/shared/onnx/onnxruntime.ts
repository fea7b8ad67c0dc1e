// Models run by ONNX Runtime: an outside opinion on what an ONNX file means.

import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import type { FieldValues } from '../../../shared/data/memory_data_set.ts';

env.wasm.numThreads = 1;
// Its advice on how graphs could be simpler.
env.logLevel = 'error';

const types = { Float32Array: 'float32', Int32Array: 'int32', Uint8Array: 'uint8' } as const;

export interface OnnxInput {
  readonly values: FieldValues;
  /** With the samples' dimension. */
  readonly shape: readonly number[];
}

export interface OnnxOutput {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** The first output of a model for inputs by name. */
export async function runOnnx(file: Uint8Array, inputs: Readonly<Record<string, OnnxInput>>): Promise<OnnxOutput> {
  const session = await InferenceSession.create(file, { executionProviders: ['wasm'] });
  const feeds = Object.entries(inputs).map(([name, { values, shape }]) => {
    const type = types[values.constructor.name as keyof typeof types];
    return [name, new Tensor(type, values as Float32Array, [...shape])];
  });
  const outputs = await session.run(Object.fromEntries(feeds));
  const [name = ''] = session.outputNames;
  const output = outputs[name];
  await session.release();
  if (!(output?.data instanceof Float32Array)) throw new Error(`output ${name} is no float32 tensor`);
  return { values: output.data, shape: output.dims };
}
