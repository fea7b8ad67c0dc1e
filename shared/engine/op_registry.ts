// Ops by name.

import { InputError } from '../errors.ts';
import type { Op } from './ops/op.ts';
import * as registered from './registered_ops.ts';

export type OpRegistry = ReadonlyMap<string, Op>;

export function registryOf(ops: readonly Op[]): OpRegistry {
  return new Map(ops.map((op) => [op.name, op]));
}

/** The ops that every graph may use. */
export const builtInOps = registryOf(Object.values(registered));

/** @throws {InputError} naming the node and the ops there are. */
export function findOp(name: string, nodeName: string, ops: OpRegistry): Op {
  const op = ops.get(name);
  if (op === undefined)
    throw new InputError(`node ${nodeName}: there is no op ${name}; there are ${[...ops.keys()].sort().join(', ')}`);
  return op;
}
