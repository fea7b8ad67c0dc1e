// What `import … from 'gradswarm'` gives: the package's entry, and the one place that knows coordinator and worker both.

export { dataSetFromSamples } from '../../shared/data/collected_data_set.ts';
export type { DataSet } from '../../shared/data/data_set.ts';
export { dataSetFromArrays } from '../../shared/data/memory_data_set.ts';
export type { FieldSpecification } from '../../shared/data/samples.ts';
export { InputError } from '../../shared/errors.ts';
export { GraphBuilder } from '../../shared/model/builder.ts';
export * from '../../shared/model/layers/registered_layers.ts';
export { defineJob } from './define_job.ts';
export { runWorker } from './run_worker.ts';
export { startCoordinator } from './start_coordinator.ts';
export { train } from './train.ts';
export { loadModel } from './trained_model.ts';
