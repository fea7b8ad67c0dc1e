import { describe, expect, it } from 'vitest';
import { EngineMemoryError, type KernelReplacement, loadEngine } from '../../../shared/engine/engine.ts';
import { kernelNames } from '../../../shared/engine/generated/kernels.ts';
import { epilogueCodes } from '../../../shared/engine/kernels.ts';
import { numericsProbe } from '../../../shared/engine/probe/numerics_probe.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { GraphBuilder } from '../../../shared/model/builder.ts';
import { engines, profiles } from '../kernels/profiles.ts';
import { denseLayers, imageGraph, imageSamples } from './small_models.ts';

/** Columns of the panel that starts at `column`, as `pack` lays them out. */
const panelWidth = (column: number, columns: number) => (columns - column > 4 ? 8 : 4);

/** `add` and `matmul` in plain JavaScript, with the portable profile's bits. */
const plainTwins: KernelReplacement = (memory) => {
  // Taken anew at each call: when the memory grows, it gets another buffer.
  const at = (pointer: number) => new Float32Array(memory.buffer, pointer);
  return {
    add(output, left, right, elements) {
      const [sum, l, r] = [at(output), at(left), at(right)];
      for (let index = 0; index < elements; index++) sum[index] = (l[index] ?? 0) + (r[index] ?? 0);
    },
    matmul(c, a, packedB, rows, columns, inner, bias, epilogue) {
      const [output, x, b] = [at(c), at(a), at(packedB)];
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const panel = column - (column % 8);
          let sum = 0;
          for (let k = 0; k < inner; k++) {
            const weight = b[panel * inner + k * panelWidth(panel, columns) + (column % 8)] ?? 0;
            sum = Math.fround(sum + Math.fround((x[row * inner + k] ?? 0) * weight));
          }
          if (bias !== 0) sum = Math.fround(sum + (at(bias)[column] ?? 0));
          output[row * columns + column] = epilogue === epilogueCodes.relu && sum < 0 ? 0 : sum;
        }
      }
    },
  };
};

/** Counts calls of a twin on their way. */
function counted(replacement: KernelReplacement) {
  const calls = { add: 0, matmul: 0 };
  const replace: KernelReplacement = (...given) => {
    const { add, matmul } = replacement(...given);
    if (add === undefined || matmul === undefined) throw new Error('expected twins of add and matmul');
    return {
      add: (...given) => {
        calls.add += 1;
        add(...given);
      },
      matmul: (...given) => {
        calls.matmul += 1;
        matmul(...given);
      },
    };
  };
  return { replace, calls };
}

describe('an engine with kernels replaced', () => {
  it('computes with the twins, the same bits, and its probe runs them', async () => {
    const { replace, calls } = counted(plainTwins);
    const engine = await loadEngine('portable', { replace });
    expect(numericsProbe(engine)).toBe(numericsProbe(engines.portable));
    expect(calls.add).toBeGreaterThan(0);
    expect(calls.matmul).toBeGreaterThan(0);
  });

  it('trains to the same bits', async () => {
    const gradientWith = async (replace: KernelReplacement) => {
      const engine = await loadEngine('portable', { replace });
      const replica = Replica.create(engine, imageGraph(denseLayers), { microbatchSize: 2 });
      replica.initialize(1);
      const { gradient } = replica.computeShard(imageSamples(7));
      return engine.float32(gradient, replica.parameterCount).slice();
    };
    const { replace, calls } = counted(plainTwins);
    expect(await gradientWith(replace)).toEqual(await gradientWith(() => ({})));
    expect(calls.add).toBeGreaterThan(0);
    expect(calls.matmul).toBeGreaterThan(0);
  });
});

describe('an engine whose memory is bounded', () => {
  const mebibyte = 2 ** 20;

  it('reserves no byte more, and names what was needed', async () => {
    const engine = await loadEngine('portable', { maximumBytes: 8 * mebibyte });
    engine.allocate(4 * mebibyte);
    const before = engine.memory.buffer.byteLength;
    expect(() => engine.allocate(4 * mebibyte)).toThrow(EngineMemoryError);
    expect(() => engine.allocate(2 ** 60)).toThrow(/needs at least \d+ MiB of engine memory: use a smaller model/);
    expect(engine.memory.buffer.byteLength).toBe(before);
    engine.allocate(3 * mebibyte);
  });

  it('refuses a model before its memory is taken, however large its numbers are', async () => {
    const engine = await loadEngine('portable', { maximumBytes: 64 * mebibyte });
    const compile = (units: number, microbatchSize: number) => () =>
      Replica.create(engine, imageGraph([{ type: 'dense', units }, ...denseLayers]), { microbatchSize });
    const before = engine.memory.buffer.byteLength;
    expect(compile(2 ** 24, 1)).toThrow(EngineMemoryError);
    expect(engine.memory.buffer.byteLength).toBe(before);
    expect(compile(100, 2 ** 40)).toThrow(EngineMemoryError);
    expect(engine.memory.buffer.byteLength).toBeLessThanOrEqual(64 * mebibyte);
  });

  it('refuses what has too many bytes for the 32 bits in which kernels count', async () => {
    const engine = await loadEngine('portable');
    const builder = new GraphBuilder();
    const x = builder.input({ name: 'x', type: 'u8', shape: [2 ** 20, 1] });
    const target = builder.input({ name: 'target', type: 'f32', shape: [2 ** 20, 1] });
    const weight = builder.parameter('weight', [1, 1], { kind: 'constant', value: 1 });
    const output = builder.matmul('output', builder.scale('scaled', x, 1), weight);
    const graph = builder.finish({ loss: builder.sumOfSquaredErrors('loss', output, target), prediction: output });
    // The packed gradient would have 2^28 rows of 4 columns, 2^32 bytes: 0 in 32 bits.
    expect(() => Replica.create(engine, graph, { microbatchSize: 2 ** 8 })).toThrow(EngineMemoryError);
  });
});

describe.each(profiles)('the numerics probe in the %s profile', (profile) => {
  it('is the same for every engine', async () => {
    expect(numericsProbe(await loadEngine(profile))).toBe(numericsProbe(engines[profile]));
  });

  it.each(kernelNames)('notices a wrong %s', async (name) => {
    const wrong: KernelReplacement = (memory, kernels) => ({
      [name]: (...given: number[]) => {
        const kernel = kernels[name] as (...all: readonly number[]) => number | undefined;
        const result = kernel(...given);
        if (typeof result === 'number') return result + 1;
        // The first pointer is what a kernel writes; the least change of its first byte.
        const output = new Uint8Array(memory.buffer, given[0], 1);
        output[0] = (output[0] ?? 0) ^ 1;
        return undefined;
      },
    });
    const engine = await loadEngine(profile, { replace: wrong });
    expect(numericsProbe(engine)).not.toBe(numericsProbe(engines[profile]));
  });
});

it('the profiles have different probes', () => {
  expect(numericsProbe(engines.portable)).not.toBe(numericsProbe(engines.fused));
});
