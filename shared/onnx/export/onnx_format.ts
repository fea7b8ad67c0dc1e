import type { ExportFormat } from '../../export/export_format.ts';
import { encodeOnnx } from '../encode_onnx.ts';
import { exportOnnx } from './export_onnx.ts';

export const onnx: ExportFormat = {
  name: 'onnx',
  write: ({ graph, weights, name, metadata }) => [
    { ending: '.onnx', bytes: encodeOnnx(exportOnnx(graph, weights, { name, metadata })) },
  ],
};
