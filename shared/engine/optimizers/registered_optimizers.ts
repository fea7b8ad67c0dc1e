// The optimizers that a job may name, a line each.

export { adaGrad } from './ada_grad.ts';
export { adam } from './adam.ts';
export { lion } from './lion.ts';
export { rmsProp } from './rms_prop.ts';
export { sgd } from './sgd.ts';
