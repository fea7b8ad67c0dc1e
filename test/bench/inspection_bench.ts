// What looking over an answer costs, beside asking only whether it is finite: in pairs, so that what slows the machine
// slows both.

import { randomBytes } from 'node:crypto';
import { formatTable, threeDigits } from '../../coordinator/command_line/table.ts';
import { AnswerDigest, digestKeyBytes } from '../../shared/digest/answer_digest.ts';
import { loadEngine } from '../../shared/engine/engine.ts';
import { median } from './timing.ts';

const pairs = 400;
const callsEach = 10;

/** Microseconds a call. */
function time(call: () => void): number {
  const start = performance.now();
  for (let calls = 0; calls < callsEach; calls++) call();
  return (1000 * (performance.now() - start)) / callsEach;
}

/** @param size of the values; squares of the smallest would not be normal in f32 */
async function measure(elements: number, size: number): Promise<readonly string[]> {
  const engine = await loadEngine('portable');
  const gradient = engine.allocate(4 * elements);
  const digest = new AnswerDigest(engine, randomBytes(digestKeyBytes));
  engine.float32(gradient, elements).forEach((_, index, values) => {
    values[index] = size * Math.sin(index + 1);
  });
  const sums = Float64Array.of(1, 2);
  const [finite, inspected]: [number[], number[]] = [[], []];
  for (let pair = 0; pair < pairs; pair++) {
    finite.push(time(() => engine.kernels.allFinite(gradient, elements)));
    inspected.push(time(() => digest.inspect(gradient, elements, sums)));
  }
  const more = median(inspected.map((duration, pair) => duration - (finite[pair] ?? 0)));
  return [String(4 * elements), String(size), ...[median(finite), median(inspected), more].map(threeDigits)];
}

export async function benchInspection(): Promise<void> {
  const rows: (readonly string[])[] = [];
  for (const elements of [7_951, 79_510, 795_100]) {
    for (const size of [1, 1e-21]) rows.push(await measure(elements, size));
  }
  console.log(
    'Inspecting an answer, microseconds (finite, norm and digest in one pass; limit for 318,040 bytes: 10 more)',
  );
  console.log(formatTable(['bytes', 'values around', 'finite alone', 'inspected', 'more'], rows));
}
