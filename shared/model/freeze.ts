// Freezing: weights that a job takes as they are. They are no part of the gradient, of the optimizer's state or of what
// travels each step; each worker gets them once.

import type { Graph } from '../engine/graph.ts';
import { namesMeant } from './name_patterns.ts';

/** The names of a graph's parameters. */
export function parametersOf({ nodes }: Graph): readonly string[] {
  return nodes.filter(({ op }) => op === 'parameter').map(({ name }) => name);
}

/**
 * The graph with the parameters frozen that the patterns mean, all others as they were.
 * @param parameters those that the patterns may mean; all, if left out
 * @throws {InputError} naming a pattern that means none.
 */
export function freezeParameters(
  graph: Graph,
  patterns: readonly string[],
  parameters: readonly string[] = parametersOf(graph),
): Graph {
  const frozen = namesMeant(patterns, parameters, 'freeze');
  const nodes = graph.nodes.map((node) =>
    frozen.has(node.name) ? { ...node, attributes: { ...node.attributes, frozen: true } } : node,
  );
  return { ...graph, nodes };
}
