import { setFlagsFromString } from 'node:v8';

/** Node 20 compiles relaxed SIMD (the fused numerics profile) only behind this flag; later versions need none. */
export function enableRelaxedSimd(): void {
  if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString('--experimental-wasm-relaxed-simd');
}
