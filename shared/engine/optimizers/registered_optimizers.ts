// The optimizers that a job may name, a line each.

export { sgd } from './sgd.ts';
