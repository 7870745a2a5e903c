import { startVitest, type TestCase } from 'vitest/node';

export interface CaseResult {
  /** `event stream contract: Kinesis on moto` */
  readonly suite: string;
  readonly case: string;
  /** First line of the failure; null when the case passed. */
  readonly problem: string | null;
}

const TIMEOUT_MS = 60_000;

/** Runs `<name>.test.ts` of this folder, one after another; what they judge stands in the environment. */
export async function runSuites(names: readonly string[]): Promise<readonly CaseResult[]> {
  const vitest = await startVitest('test', [], {
    config: false,
    watch: false,
    include: names.map((name) => `test/interop/emulators/${name}.test.ts`),
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
    // Each judge is one process; suites that run at once would slow one another down.
    fileParallelism: false,
    reporters: [],
    coverage: { enabled: false },
  });
  const cases = vitest.state
    .getTestModules()
    .flatMap((module) => [...module.children.allTests()].map(toCaseResult));
  const broken = vitest.state.getTestModules().flatMap((module) => module.errors());
  await vitest.close();
  // Failing cases are findings, not a failure of the runner.
  process.exitCode = 0;
  if (broken.length > 0) throw new Error(broken.map(({ message }) => message).join('\n'));
  return cases;
}

function toCaseResult(test: TestCase): CaseResult {
  const [suite = '', ...path] = test.fullName.split(' > ');
  const result = test.result();
  const problem =
    result.state === 'passed' ? null : (result.errors?.[0]?.message.split('\n')[0] ?? result.state);
  return { suite, case: path.join(' > '), problem };
}
