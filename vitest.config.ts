import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    setupFiles: ['test/relaxed_simd.ts', 'test/property_seed.ts'],
    globalSetup: ['test/browser/extract_browser.ts'],
    // Only against hanging: no test may depend on how fast a machine is.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Many files wait for processes rather than compute.
    maxWorkers: '100%',
  },
});
