// Half a wave of the cosine, along which learning rates rise and fall: ours, because JavaScript engines differ in theirs.

/**
 * (1 + cos πt) / 2, from 1 at t = 0 to 0 at t = 1, both exact: the square of cos (πt/2), whose Taylor polynomial of degree
 * 22 is as exact as f64 is. From 0 to 1 only.
 */
export function halfCosine(t: number): number {
  if (t >= 1) return 0;
  const x = (Math.PI / 2) * t;
  let cosine = 1;
  // Horner's rule on 1 − x²/(1·2) (1 − x²/(3·4) (1 − …)).
  for (let factor = 21; factor > 0; factor -= 2) cosine = 1 - ((x * x) / (factor * (factor + 1))) * cosine;
  return cosine * cosine;
}
