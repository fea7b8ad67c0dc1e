import { afterEach, describe, expect, it } from 'vitest';
import { type KernelReplacement, loadEngine } from '../../../shared/engine/engine.ts';
import { numericsProbe } from '../../../shared/engine/probe/numerics_probe.ts';
import { chosenEngine, engineVariable } from '../../../shared/node/engine_choice.ts';
import { wrongKernel } from '../../../shared/node/native_proof.ts';
import { describeEngine, engineKind, loadNodeEngine, replacementBy } from '../../../shared/node/node_engine.ts';
import { engines, floats } from '../kernels/profiles.ts';
import { builtLibrary, isBuilt, variants } from '../native/twins.ts';

const environment = process.env[engineVariable];

afterEach(() => {
  if (environment === undefined) delete process.env[engineVariable];
  else process.env[engineVariable] = environment;
});

describe('the engine that Node loads', () => {
  it.skipIf(!isBuilt)('is native where kernels were built, and passes the numerics probe of WebAssembly', async () => {
    process.env[engineVariable] = 'native';
    const engine = await loadNodeEngine('portable');
    expect(engine.kernels.matmul).not.toBe(engines.portable.kernels.matmul);
    expect(numericsProbe(engine)).toBe(numericsProbe(engines.portable));
  });

  it('is of the instruction set that is asked for', async () => {
    for (const [set, profile] of variants) {
      expect(describeEngine(await engineKind(profile, set))).toBe(`native (${set})`);
    }
  });

  it('is WebAssembly where that is asked for', async () => {
    process.env[engineVariable] = 'wasm';
    expect(describeEngine(await engineKind('portable'))).toBe('WebAssembly (asked for)');
    expect(numericsProbe(await loadNodeEngine('portable'))).toBe(numericsProbe(engines.portable));
  });

  it.skipIf(!isBuilt)('is not loaded where this machine has none of the name', async () => {
    await expect(engineKind('portable', 'quantum')).rejects.toThrow(
      /^--engine quantum: expected auto, wasm, native or, for numerics "portable" on this machine, .+, not quantum$/,
    );
  });

  it('is chosen by itself where nothing is said', () => {
    process.env[engineVariable] = '';
    expect(chosenEngine()).toBe('auto');
  });
});

describe.skipIf(!isBuilt)('native kernels', () => {
  const [set, profile] = variants[0] ?? ['none', 'portable'];
  const replace: KernelReplacement = (...given) => replacementBy(builtLibrary(), set, profile)(...given);

  it('are believed when they leave the bits of their twins', async () => {
    expect(await wrongKernel(profile, replace)).toBeUndefined();
  });

  it('are not when one is wrong in tiles larger than those of WebAssembly alone', async () => {
    const wrong = await wrongKernel(profile, (memory, kernels, onGrowth) => ({
      ...replace(memory, kernels, onGrowth),
      matmul: (c, a, packed, rows, columns, ...rest) => {
        kernels.matmul(c, a, packed, rows, columns, ...rest);
        const last = new Uint8Array(memory.buffer, c + 4 * rows * columns - 4, 1);
        if (rows > 12) last[0] = (last[0] ?? 0) ^ 1;
      },
    }));
    expect(wrong).toBe('matmul');
  });

  it('are given the memory’s address again when it has grown', async () => {
    const moves: number[] = [];
    const library = builtLibrary();
    const watched = replacementBy(
      {
        ...library,
        createKernels: (...given) => {
          const kernels = library.createKernels(...given);
          return { ...kernels, moved: (view) => moves.push(view.length) && kernels.moved(view) };
        },
      },
      set,
      profile,
    );
    const engine = await loadEngine(profile, { replace: watched });
    const before = engine.memory.buffer.byteLength;
    const b = floats(engine, [1, 2, 3]);
    engine.allocate(2 ** 24);
    expect(moves).toEqual([engine.memory.buffer.byteLength]);
    expect(moves[0]).toBeGreaterThan(before);
    const packed = engine.allocate(engine.kernels.packedBytes(1, 3));
    engine.kernels.pack(packed, b, 1, 3);
    expect([...engine.float32(packed, 4)]).toEqual([1, 2, 3, 0]);
  });

  it('are refused for an instruction set that this machine does not have', () => {
    expect(() => builtLibrary().createKernels('quantum', 'portable', new Uint8Array(8))).toThrow(
      /no such instruction set/,
    );
    expect(() => builtLibrary().createKernels(set, profile, {} as Uint8Array)).toThrow(/expected a typed array/);
  });
});
