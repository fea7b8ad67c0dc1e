// Exported models run by TensorFlow.js: an outside opinion on what a layers model means.

import '@tensorflow/tfjs-backend-cpu';
import { env, io, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import type { ExportedFile } from '../../../shared/export/export_format.ts';
import { tfjs } from '../../../shared/tensorflow_js/tfjs_format.ts';
import type { Predicted } from '../export/predictions.ts';

// Without it TensorFlow.js checks each result for its own mistakes, slowly.
env().set('PROD', true);

const address = 'https://example.org/models/model';

/** Reads the files as `tf.loadLayersModel(address)` reads them from a server. */
function served(files: readonly ExportedFile[]): io.IOHandler {
  const fetchFunc = async (input: RequestInfo | URL) => {
    const file = files.find(({ ending }) => String(input) === `${address}${ending}`);
    if (file === undefined) return new Response('', { status: 404 });
    const type = file.ending === '.json' ? 'application/json' : 'application/octet-stream';
    return new Response(Uint8Array.from(file.bytes), { headers: { 'content-type': type } });
  };
  return io.http(`${address}.json`, { fetchFunc });
}

/** The outputs of a model once it is written for TensorFlow.js, with their shape. */
export async function runTensorflowJs({ model, inputs }: Predicted) {
  const loaded = await loadLayersModel(served(tfjs.write(model, 'somewhere/model')));
  const given = inputs.map(({ values, shape }) => tensor(Float32Array.from(values), [...shape]));
  const output = loaded.predict(given) as Tensor;
  const values = Float32Array.from(await output.data());
  const { shape } = output;
  for (const each of [...given, output]) each.dispose();
  loaded.dispose();
  return { values, shape };
}
