// Whose work an answer is. Workers come and go; whoever helps by them stays the same.

import type { ContributorKind, Part } from '../../shared/watch/people.ts';

export interface Contributor {
  /** Of a volunteer what his key stands for; of the others their kind. */
  readonly id: string;
  readonly kind: ContributorKind;
  /** Of a volunteer that gave one, fit to be shown. */
  readonly name?: string;
}

/** Those of whom there is one. */
export const anonymous: Contributor = { id: 'anonymous', kind: 'anonymous' };
export const local: Contributor = { id: 'local', kind: 'local' };
export const coordinator: Contributor = { id: 'coordinator', kind: 'coordinator' };
export const others: Contributor = { id: 'others', kind: 'others' };

export const nothing: Part = { samples: 0, gradients: 0, evaluations: 0, confirmations: 0 };

export function addParts(one: Part, other: Part): Part {
  return {
    samples: one.samples + other.samples,
    gradients: one.gradients + other.gradients,
    evaluations: one.evaluations + other.evaluations,
    confirmations: one.confirmations + other.confirmations,
  };
}
