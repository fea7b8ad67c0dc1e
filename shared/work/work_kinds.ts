// The kinds of work there are. To add one is to add a file and to name it here.

import * as v from 'valibot';
import type { Samples } from '../data/samples.ts';
import type { ParameterLayout } from '../engine/model.ts';
import type { OtherParts } from '../engine/other_parts.ts';
import type { BetweenPasses, Replica } from '../engine/replica.ts';
import { isSameShard } from '../reduction/shard.ts';
import { type EvaluationWork, evaluation, evaluationSchema } from './evaluation.ts';
import { type GradientWork, gradient, gradientSchema } from './gradient.ts';
import type { Cutting, WorkAnswer, WorkKind, WorkTerms } from './work_kind.ts';

/** What a lease asks for. */
export type Work = GradientWork | EvaluationWork;

type Kinds = { readonly [Kind in Work['kind']]: WorkKind<Extract<Work, { readonly kind: Kind }>> };

const kinds: Kinds = { gradient, evaluation };

/** Their names, in an order that all threads of a program share. */
export const workKindNames = Object.keys(kinds) as readonly Work['kind'][];

/** The terms of any work, as they must be on the wire. */
export const workSchema = v.variant('kind', [gradientSchema, evaluationSchema]);

/** Bytes of the vector that an answer to the work carries; 0 for none. */
export function answerBytes(work: Work, layout: ParameterLayout): number {
  return kindOf(work).answerBytes(work, layout);
}

/**
 * Does the work with the replica's parameters as they are.
 * @param betweenPasses called between two passes over samples; what it throws ends the computation.
 * @param others what others compute of it.
 * @throws {InputError} if the samples do not fit the model.
 */
export function compute(
  replica: Replica,
  work: Work,
  samples: Samples,
  betweenPasses?: BetweenPasses,
  others?: OtherParts,
): WorkAnswer {
  return kindOf(work).compute(replica, work, samples, betweenPasses, others);
}

/** How the work is cut among the threads of a crew. */
export function cuttingOf(work: Work): Cutting<Work> {
  return kindOf(work).cutting;
}

/** Whether both ask for the same. */
export function isSameWork(one: WorkTerms, other: WorkTerms): boolean {
  return one.kind === other.kind && one.step === other.step && isSameShard(one.shard, other.shard);
}

/** The table's type pairs each kind with its own work; TypeScript loses the pair when it looks a union up. */
function kindOf(work: Work): WorkKind<Work> {
  return kinds[work.kind] as WorkKind<Work>;
}
