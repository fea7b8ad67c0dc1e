// The loaders of the data sources, a line each.

export { cifar10Loader } from './cifar_10.ts';
export { csvLoader } from './csv.ts';
export { idxLoader } from './idx_data_set.ts';
export { imageListLoader } from './image_list.ts';
export { imagesLoader } from './images.ts';
export { jsonLoader } from './json.ts';
export { memoryLoader } from './memory.ts';
export { mnistLoader } from './mnist.ts';
export { moduleLoader } from './module.ts';
export { npyLoader } from './npy.ts';
export { npzLoader } from './npz.ts';
export { parquetLoader } from './parquet.ts';
export { textLoader } from './text.ts';
