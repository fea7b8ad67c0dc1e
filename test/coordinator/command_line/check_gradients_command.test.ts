import { beforeEach, describe, expect, it, vi } from 'vitest';
import { checkGradientsOf } from '../../../coordinator/command_line/check_gradients_command.ts';

let printed: string[];
beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
});

/** 4,003 parameters. */
const wide = 'model={"layers":[{"type":"dense","units":500},{"type":"tanh"},{"type":"dense","units":3}]}';

describe('checkGradientsOf', () => {
  it('compares a small model whole, and says so', async () => {
    expect(await checkGradientsOf('iris', { set: [] })).toBe(0);
    expect(printed[0]).toMatch(/iris.* over 20 samples, numerics portable$/);
    expect(
      printed.filter((line) => /^dense\d\.(weight|bias) +worst relative error .* compared/.test(line)),
    ).toHaveLength(4);
    expect(printed.at(-1)).toBe('checked 131 of 131 parameters: all gradients agree within 0.001');
  });

  it('compares some 2,000 parameters of a large one, or all if it is asked to', async () => {
    expect(await checkGradientsOf('iris', { set: [wide], samples: 2 })).toBe(0);
    expect(printed[0]).toMatch(/over 2 samples/);
    expect(printed.at(-1)).toMatch(/^checked 1,999 of 4,003 parameters \(--all compares all of them\): all /);
    expect(await checkGradientsOf('iris', { set: [wide], samples: 2, all: true })).toBe(0);
    expect(printed.at(-1)).toMatch(/^checked 4,003 of 4,003 parameters: all gradients agree/);
  });
});
