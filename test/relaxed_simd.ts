import { enableRelaxedSimd } from '../shared/node/relaxed_simd.ts';

enableRelaxedSimd();
