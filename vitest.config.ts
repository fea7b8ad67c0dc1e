import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    setupFiles: ['test/relaxed_simd.ts', 'test/property_seed.ts'],
    globalSetup: ['test/browser/extract_browser.ts'],
    testTimeout: 60_000,
  },
});
