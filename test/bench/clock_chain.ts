// Measures the clock of the core that runs this: a chain of dependent 32-bit additions and exclusive ors, which V8
// compiles to one instruction each, and every core of the last decades takes one cycle for, so that time is cycles.

const operationsPerIteration = 32;

/** The operand is an argument, so that no compiler can fold the chain. */
function chain(iterations: number, operand: number): number {
  let value = 0;
  for (let iteration = 0; iteration < iterations; iteration++) {
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
    value = ((value + operand) | 0) ^ operand;
  }
  return value;
}

const calibration = 100_000;

/** Gigahertz, measured over about that many seconds; call it a few times first, until V8 has optimized the chain. */
export function measureClock(seconds: number): number {
  const run = (iterations: number): number => {
    const start = performance.now();
    chain(iterations, 12_345);
    return performance.now() - start;
  };
  const iterations = Math.ceil((1000 * seconds * calibration) / run(calibration));
  return (iterations * operationsPerIteration) / run(iterations) / 1e6;
}
