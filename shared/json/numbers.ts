// Schemas of the numbers that a job states; each error says what range is right.

import * as v from 'valibot';

export function wholeNumber(minimum: number, maximum: number) {
  return numberWhere(
    `a whole number from ${minimum} to ${maximum}`,
    (value) => Number.isSafeInteger(value) && value >= minimum && value <= maximum,
  );
}

/** `expected` says in words which numbers `holds` accepts. */
export function numberWhere(expected: string, holds: (value: number) => boolean) {
  return v.pipe(v.number(`expected ${expected}`), v.check(holds, `expected ${expected}`));
}

export const positive = numberWhere('a number above 0', (value) => value > 0 && value < Number.POSITIVE_INFINITY);

export const notNegative = numberWhere(
  'a number of at least 0',
  (value) => value >= 0 && value < Number.POSITIVE_INFINITY,
);

export const fraction = numberWhere('a number from 0 to below 1', (value) => value >= 0 && value < 1);

/** Added to what is divided by. */
export const epsilon = numberWhere('a number from 1e-30 to 1', (value) => value >= 1e-30 && value <= 1);
