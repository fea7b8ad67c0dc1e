import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The attacks beside one run get in each other's way: who was cut by one is held off in the next. Run them one by one,
    // by `npm run hostile`.
    exclude: ['test/bench/**', 'test/hostile/hostile.test.ts'],
    setupFiles: ['test/relaxed_simd.ts', 'test/property_seed.ts'],
    globalSetup: ['test/browser/extract_browser.ts'],
    // Only against hanging: no test may depend on how fast a machine is.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    // Many files wait for processes rather than compute.
    maxWorkers: '100%',
  },
});
