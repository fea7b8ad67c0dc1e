// The loaders of the data sources, a line each.

export { csvLoader } from './csv.ts';
export { idxLoader } from './idx_data_set.ts';
export { memoryLoader } from './memory.ts';
export { mnistLoader } from './mnist.ts';
export { textLoader } from './text.ts';
