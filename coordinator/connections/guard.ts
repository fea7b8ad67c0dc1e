// What guards a run against strangers: who may come, how many, and what they may hold.

import { Access } from './access.ts';
import { JoinTurns } from './join_turns.ts';
import { type Limits, limitsOf } from './limits.ts';
import { budgetBytes, MemoryBudget } from './memory_budget.ts';

export interface Guard {
  readonly access: Access;
  readonly limits: Limits;
  readonly joinTurns: JoinTurns;
  /** Of all peers. */
  readonly memory: MemoryBudget;
}

export interface GuardOptions {
  /** Whoever presents it is administrator; see `Access`. */
  readonly token?: string | undefined;
  /** The defaults of those that are absent. */
  readonly limits?: Partial<Limits> | undefined;
  /** Bytes of a set of the model's parameters. */
  readonly parameterBytes: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** @throws {InputError} if a limit is out of its range. */
export function createGuard({ token, limits: given, parameterBytes, now }: GuardOptions): Guard {
  const limits = limitsOf(given);
  const memory = new MemoryBudget(budgetBytes(limits.memory, parameterBytes));
  return { access: new Access({ token, now, limits }), limits, joinTurns: new JoinTurns(limits), memory };
}
