// The loaders of the data sources, a line each. A run loads the code of its own alone.

import type { DataSource } from '../../shared/data/sources/source_registry.ts';
import type { DataLoader } from './data_loader.ts';

type Loaders = { readonly [Name in DataSource['source']]: () => Promise<DataLoader<Name>> };

export const loaders: Loaders = {
  'cifar-10': async () => (await import('./cifar_10.ts')).cifar10Loader,
  csv: async () => (await import('./csv.ts')).csvLoader,
  idx: async () => (await import('./idx_data_set.ts')).idxLoader,
  'image-list': async () => (await import('./image_list.ts')).imageListLoader,
  images: async () => (await import('./images.ts')).imagesLoader,
  json: async () => (await import('./json.ts')).jsonLoader,
  memory: async () => (await import('./memory.ts')).memoryLoader,
  mnist: async () => (await import('./mnist.ts')).mnistLoader,
  module: async () => (await import('./module.ts')).moduleLoader,
  npy: async () => (await import('./npy.ts')).npyLoader,
  npz: async () => (await import('./npz.ts')).npzLoader,
  parquet: async () => (await import('./parquet.ts')).parquetLoader,
  text: async () => (await import('./text.ts')).textLoader,
};
