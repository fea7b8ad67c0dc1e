// What a loss or a metric can be: a sum over samples has bounds that follow from its definition.

/** Bounds of a sum, for each sample that it is over. */
export interface SumRange {
  readonly minimum: number;
  readonly maximum: number;
  /** Whether it counts something. */
  readonly isWhole: boolean;
}

/** Of a sum whose op states no bounds. */
export const anySum: SumRange = {
  minimum: Number.NEGATIVE_INFINITY,
  maximum: Number.POSITIVE_INFINITY,
  isWhole: false,
};

/** Of a sum of terms that cannot be negative. */
export const positiveSum: SumRange = { ...anySum, minimum: 0 };

/** What rounding may add to each sample's term, beyond its bounds: far more than it does. */
const rounding = 1e-3;

/** The largest f32: no sample's term can be larger, so no mean of sums within it can overflow. */
const largestTerm = 3.4028234663852886e38;

/** Whether a finite sum over so many samples can be what its range says. */
export function isPossibleSum({ minimum, maximum, isWhole }: SumRange, sum: number, samples: number): boolean {
  if (Math.abs(sum) > samples * largestTerm) return false;
  if (isWhole && !Number.isInteger(sum)) return false;
  const slack = isWhole ? 0 : rounding;
  return sum >= samples * (minimum - slack) && sum <= samples * (maximum + slack);
}
