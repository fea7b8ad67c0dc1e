// The optimizers that a job may name, a line each.

export { adam } from './adam.ts';
export { sgd } from './sgd.ts';
