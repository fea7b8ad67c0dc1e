// The sources of data that a job may name, a line each.

export { cifar10 } from './cifar_10.ts';
export { csv } from './csv.ts';
export { idx } from './idx.ts';
export { imageList } from './image_list.ts';
export { images } from './images.ts';
export { json } from './json.ts';
export { memory } from './memory.ts';
export { mnist } from './mnist.ts';
export { dataModule } from './module.ts';
export { npy } from './npy.ts';
export { npz } from './npz.ts';
export { parquet } from './parquet.ts';
export { text } from './text.ts';
