// The formats that a model can be exported to, a line each.

export { onnx } from '../onnx/export/onnx_format.ts';
export { safetensors } from '../pytorch/pytorch_format.ts';
export { tfjs } from '../tensorflow_js/tfjs_format.ts';
