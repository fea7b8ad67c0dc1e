// The kinds of files that samples to predict may stand in, a line each.

export { idx } from './idx_samples.ts';
export { image } from './image_samples.ts';
export { table } from './table_samples.ts';
