// Standardization of features by constants. The remainder rounds as the lanes do: nothing here fuses in either profile.

/** output[index] = value. */
export function putElement(output: usize, index: i32, value: f32): void {
  store<f32>(output + (<usize>index << 2), value);
}

/**
 * output[i] = (input[i] − mean[i mod period]) / deviation[i mod period]; where it is not centred, input[i] / deviation.
 * `constants` holds the means, then the deviations; the period is a multiple of 4. In-place use is allowed.
 */
export function standardize(
  output: usize, input: usize, constants: usize, elements: i32, period: i32, centred: i32,
): void {
  const end = output + (<usize>elements << 2);
  const means = constants;
  const periodBytes = <usize>period << 2;
  let at: usize = 0;
  for (; output + 16 <= end; output += 16, input += 16) {
    let x = v128.load(input);
    if (centred) x = f32x4.sub(x, v128.load(means + at));
    v128.store(output, f32x4.div(x, v128.load(means + periodBytes + at)));
    at += 16;
    if (at == periodBytes) at = 0;
  }
  for (; output < end; output += 4, input += 4, at += 4) {
    let x = load<f32>(input);
    if (centred) x = x - load<f32>(means + at);
    store<f32>(output, x / load<f32>(means + periodBytes + at));
  }
}
