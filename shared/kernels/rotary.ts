// Rotary positions (J. Su, Y. Lu, S. Pan, A. Murtadha, B. Wen, Y. Liu, "RoFormer: enhanced transformer with rotary position
// embedding", 2021, section 3.2.2).

import { exp64, log64, sine64 } from './internal/functions';

/** table[position] = cosines of position * base^(−i / half) for i from 0 to half − 1, then their sines. */
export function rotaryTable(table: usize, positions: i32, half: i32, base: f64): void {
  const bytes = <usize>half << 2;
  const logarithm = log64(base);
  for (let position = 0; position < positions; position++, table += bytes << 1) {
    for (let i = 0; i < half; i++) {
      const angle = <f64>position * exp64(-(<f64>i / <f64>half) * logarithm);
      const at = table + (<usize>i << 2);
      store<f32>(at, <f32>sine64(angle, 1));
      store<f32>(at + bytes, <f32>sine64(angle, 0));
    }
  }
}
