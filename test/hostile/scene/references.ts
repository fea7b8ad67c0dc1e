// What attacked runs are compared with: one reference for each job, for most attacks are on the same.

import { Reference } from '../../system/reference.ts';

const references = new Map<string, Reference>();

/** @param job arguments of `train` without its length */
export function referenceOf(job: readonly string[]): Reference {
  const known = references.get(JSON.stringify(job));
  if (known !== undefined) return known;
  const reference = new Reference(job);
  references.set(JSON.stringify(job), reference);
  return reference;
}
