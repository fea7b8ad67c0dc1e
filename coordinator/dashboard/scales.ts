// Where an axis has its marks. Logarithms are drawn on an even axis of exponents, whose marks are 1, 2 and 5 times powers of
// ten, or even steps where the values are close together.

const factors = [1, 2, 5] as const;

/** Fewest marks that an axis of powers is worth. */
const fewestMarks = 3;

/** @returns values from `least` to `most`, both above 0, as people would choose them: at least one */
export function logarithmicMarks(least: number, most: number, wanted: number): readonly number[] {
  const marksOf = (of: readonly number[]) => {
    const powers = Array.from(
      { length: Math.ceil(Math.log10(most)) - Math.floor(Math.log10(least)) + 1 },
      (_, at) => Math.floor(Math.log10(least)) + at,
    );
    const marks = powers.flatMap((power) => of.map((factor) => Number(`${factor}e${power}`)));
    return marks.filter((mark) => mark >= least && mark <= most);
  };
  const marks = marksOf(factors);
  if (marks.length < fewestMarks) return evenMarks(least, most, wanted);
  // Powers of ten alone, where there are many.
  return marks.length <= 2 * wanted ? marks : marksOf([1]);
}

/** Multiples of 1, 2 or 5 times a power of ten. */
export function evenMarks(least: number, most: number, wanted: number): readonly number[] {
  const rough = (most - least) / Math.max(1, wanted);
  if (!(rough > 0)) return [least];
  const power = Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => Number(`${factor}e${power}`)).find((each) => each >= rough) ?? rough;
  const first = Math.ceil(least / step - 1e-9);
  const count = Math.floor(most / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** Weight of the newest value where a curve is smoothed. */
const newestWeight = 0.08;

/** A moving average, over what is there. */
export function smoothed(values: readonly (number | null | undefined)[]): (number | null)[] {
  let average: number | undefined;
  return values.map((value) => {
    if (value === null || value === undefined) return null;
    average = average === undefined ? value : average + newestWeight * (value - average);
    return average;
  });
}
