import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/core/**', 'src/app/**'],
      reporter: ['text-summary'],
      thresholds: { lines: 80, functions: 80, statements: 80 },
    },
  },
});
