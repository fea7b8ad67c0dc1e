// The ops a graph may use, by name.

import { InputError } from '../errors.ts';
import type { Op } from './ops/op.ts';
import * as registered from './registered_ops.ts';

const ops: ReadonlyMap<string, Op> = new Map(Object.values(registered).map((op) => [op.name, op]));

/** @throws {InputError} naming the node and the ops there are. */
export function findOp(name: string, nodeName: string): Op {
  const op = ops.get(name);
  if (op === undefined)
    throw new InputError(`node ${nodeName}: there is no op ${name}; there are ${[...ops.keys()].sort().join(', ')}`);
  return op;
}
