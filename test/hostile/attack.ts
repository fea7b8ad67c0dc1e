// What an attack is: a value. It strikes a running coordinator once, from a process of its own, and says what it was told;
// whoever runs it strikes again and again, watches what honest workers notice, and judges.

import type { Line } from './lines.ts';

/** The job under attack, but for its length: mnist-mlp on real MNIST, with epochs short enough for some to end. */
export const attackedJob: readonly string[] = ['mnist-mlp', '--set', 'batchSize=500'];

/** The coordinator under attack, as a stranger knows it. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** What a worker must present. Attacks that need no token do not look at it. */
  readonly workerToken: string;
  /** The run's folder, for those who share the machine. */
  readonly folder: string;
}

export interface Control {
  /** Aborted when the attack is to let go of everything. */
  readonly signal: AbortSignal;
  /** A different number for each strike, so that names and addresses can differ. */
  readonly strike: number;
}

export interface Attack {
  readonly name: string;
  /** The line of what was seen that it stands for: see lines.ts. */
  readonly line: Line;
  /** What the attacker has. */
  readonly needs: 'no token' | 'worker token';
  /** Flags of `gradswarm train`, where the usual ones would make it wait long for a limit. */
  readonly flags?: readonly string[];
  /** Arguments of `gradswarm train` that change the job, where the usual one has not what is attacked. */
  readonly job?: readonly string[];
  /** Present if only the long form makes it: it lasts long, or takes what a small machine has not. */
  readonly isLong?: true;
  /** Most memory that it may cost, in bytes, where less is stated for it than for strangers in all. */
  readonly memoryBound?: number;
  /** What the attacker must be told, every time. */
  readonly told: RegExp;
  /** What the operator must be told, where the attack is his business. */
  readonly operatorSees?: RegExp;
  /**
   * Strikes once, and lets go of what it holds. Resolves with what it was told, like "HTTP 400" or "closed 4400".
   * May reject when the signal is aborted.
   */
  readonly run: (target: Target, control: Control) => Promise<string>;
}
