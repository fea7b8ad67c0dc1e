// The error function's complement in plain f64, for references: by series that owe nothing to the kernels' way.

/**
 * 2/√π ∫ e^−t² dt from x to infinity: up to 2.5 by the series of erf without a term of other sign (M. Abramowitz, I. Stegun,
 * "Handbook of mathematical functions", 7.1.6), beyond by its continued fraction (7.1.14), from the 60th term inwards.
 */
export function erfc(x: number, exp: (x: number) => number): number {
  if (x < 0) return 2 - erfc(-x, exp);
  const rootOfPi = Math.sqrt(Math.PI);
  if (x > 2.5) {
    let fraction = x;
    for (let term = 60; term > 0; term--) fraction = x + term / 2 / fraction;
    return exp(-x * x) / (rootOfPi * fraction);
  }
  let [term, sum] = [x, x];
  for (let n = 1; n < 60; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return 1 - (2 / rootOfPi) * exp(-x * x) * sum;
}
