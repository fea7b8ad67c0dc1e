// What `import … from 'gradswarm'` gives: the package's entry, and the one list of names taken from elsewhere.

export type { CollectedDataSetOptions, Sample, SampleStream } from '../../shared/data/collected_data_set.ts';
export { dataSetFromSamples } from '../../shared/data/collected_data_set.ts';
export type { DataSet } from '../../shared/data/data_set.ts';
export type {
  ArrayDataSetOptions,
  FeaturesDescription,
  FieldValues,
  LabelsDescription,
  MemoryDataSetOptions,
  PartArrays,
} from '../../shared/data/memory_data_set.ts';
export { dataSetFromArrays } from '../../shared/data/memory_data_set.ts';
export type { Normalization } from '../../shared/data/normalization.ts';
export type { FieldSpecification, Standardization } from '../../shared/data/samples.ts';
export type { RecordReader, SampleStore, StoredField } from '../../shared/data/stored_samples.ts';
export type { ElementType, Graph, GraphInput, GraphNode } from '../../shared/engine/graph.ts';
export { InputError } from '../../shared/errors.ts';
export type { Job } from '../../shared/job/job.ts';
export type { ApplyLayersOptions } from '../../shared/model/apply_layers.ts';
export { applyLayers } from '../../shared/model/apply_layers.ts';
export type {
  ConvolutionOptions,
  CountingOptions,
  CrossEntropyOptions,
  GraphOutputs,
  PoolingOptions,
  TensorName,
} from '../../shared/model/builder.ts';
export { GraphBuilder } from '../../shared/model/builder.ts';
export type { SelfAttentionOptions } from '../../shared/model/layers/attention.ts';
export type { BatchNormOptions } from '../../shared/model/layers/batch_norm.ts';
export type { Conv2dOptions } from '../../shared/model/layers/conv2d.ts';
export type { Conv2dTransposeOptions } from '../../shared/model/layers/conv2d_transpose.ts';
export type { DenseOptions } from '../../shared/model/layers/dense.ts';
export type { DepthwiseConv2dOptions } from '../../shared/model/layers/depthwise_conv2d.ts';
export type { EmbeddingOptions } from '../../shared/model/layers/embedding.ts';
export type { Layer } from '../../shared/model/layers/layer_registry.ts';
export type { RandomCropOptions } from '../../shared/model/layers/random_crop.ts';
export * from '../../shared/model/layers/registered_layers.ts';
export type { TransformerBlockOptions } from '../../shared/model/layers/transformer_block.ts';
export type { UpsampleOptions } from '../../shared/model/layers/upsample.ts';
export type { Coordinator } from '../coordinator.ts';
export type { RunResult } from '../coordinator_options.ts';
export type { DataModuleAnswer, DataModuleRequest } from '../data/module.ts';
export { weightsDigest } from '../data/weights_file.ts';
export type { PredictedSample } from '../models/predicted_samples.ts';
export type { CheckpointPolicy } from '../records/checkpoint_policy.ts';
export type { WorkerChange } from '../run/run_events.ts';
export type {
  CheckpointEvent,
  EpochEvent,
  StartedEvent,
  StepEvent,
  TrainingEvent,
  WarningEvent,
  WorkerChangeEvent,
} from '../run/training_events.ts';
export type { EpochRecord, Evaluation, Measurement } from '../training/evaluation.ts';
export type { DefinedJob, JobDefinition } from './define_job.ts';
export { defineJob } from './define_job.ts';
export type { ImportedJobDefinition } from './import_model.ts';
export { importModel } from './import_model.ts';
export type { WorkerEvent, WorkerOptions, WorkerOutcome } from './run_worker.ts';
export { runWorker } from './run_worker.ts';
export type { TrainOptions } from './start_coordinator.ts';
export { startCoordinator } from './start_coordinator.ts';
export type { Training } from './train.ts';
export { train } from './train.ts';
export type { GenerateOptions, ModelFile, OutputKind, Prediction, TrainedModel } from './trained_model.ts';
export { loadModel } from './trained_model.ts';
