import type { Work } from '../../shared/work/work_kinds.ts';

/** Work in words, like `microbatches 2 to 3 of step 7`. */
export function describeWork({ kind, step, shard: { first, count } }: Work): string {
  switch (kind) {
    case 'gradient':
      return `${count === 1 ? `microbatch ${first}` : `microbatches ${first} to ${first + count - 1}`} of step ${step + 1}`;
    case 'evaluation':
      return `evaluation block ${first} after step ${step}`;
    default:
      return kind satisfies never;
  }
}
