// A model with the weights of a checkpoint, to be used: nothing of its data or its optimizer is needed.

import type { Graph } from '../../shared/engine/graph.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { loadNodeEngine } from '../../shared/node/node_engine.ts';
import { weightsOf } from './checkpoint_weights.ts';
import type { FoundCheckpoint } from './run_folder.ts';

/** @throws {InputError} if the checkpoint's tensors are not those of the graph. */
export async function replicaOf({ file, checkpoint }: FoundCheckpoint, graph: Graph): Promise<Replica> {
  const { numerics, microbatchSize } = checkpoint.job;
  const engine = await loadNodeEngine(numerics);
  const replica = Replica.create(engine, graph, { microbatchSize });
  const { parameters, frozen } = weightsOf(checkpoint, replica.layout, file);
  replica.setParameters(parameters);
  replica.setFrozen(frozen);
  return replica;
}
