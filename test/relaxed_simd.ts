import { setFlagsFromString } from 'node:v8';

// Node 20 compiles relaxed SIMD (the fused numerics profile) only behind this flag; later versions need none.
setFlagsFromString('--experimental-wasm-relaxed-simd');
