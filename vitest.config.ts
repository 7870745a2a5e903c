import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They take longer than all others together: started last, they would run alone at the end. */
const LONGEST = ['e2e/kill.test.ts', 'e2e/demo.test.ts', 'e2e/evolution.test.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) =>
      LONGEST.some((name) => moduleId.endsWith(name));
    const rank = ({ moduleId }: TestSpecification) =>
      LONGEST.findIndex((name) => moduleId.endsWith(name));
    const others = (await super.sort(files)).filter((file) => !isLong(file));
    return [...files.filter(isLong).toSorted((a, b) => rank(a) - rank(b)), ...others];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**', 'test/kafka/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    coverage: {
      provider: 'v8',
      include: ['src/core/**', 'src/app/**'],
      reporter: ['text-summary'],
      thresholds: { lines: 80, functions: 80, statements: 80 },
    },
  },
});
