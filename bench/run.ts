/**
 * `npm run bench [-- --json] [--only <name>,…] [--quick] [--save]`: see docs/benchmarks.md. Progress goes to stderr,
 * the table to stdout; with --json the last line of stdout is one JSON object.
 */
import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.ts';
import { BENCHMARKS } from './benchmarks.ts';
import { describeMachine, readBaseline, saveBaseline } from './report/baseline.ts';
import type { Result } from './report/result.ts';
import { formatResults } from './report/result-table.ts';

process.exitCode = await runBenchmarks();

async function runBenchmarks(): Promise<number> {
  const { values: args } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const names = args.only.flatMap((list) => list.split(',')).filter((name) => name !== '');
  const unknown = names.filter((name) => !BENCHMARKS.some((benchmark) => isNamed(benchmark, name)));
  if (unknown.length > 0) {
    say(
      `--only ${unknown.join(',')}: expected any of ${BENCHMARKS.map(({ name }) => name).join(', ')}`,
    );
    return 1;
  }
  if (args.quick && args.save) {
    say('--save: a quick run is no baseline; leave out --quick');
    return 1;
  }
  const chosen = BENCHMARKS.filter(
    (benchmark) => names.length === 0 || names.some((name) => isNamed(benchmark, name)),
  );
  say(describeMachine());
  const results: Result[] = [];
  for (const benchmark of chosen) {
    say(`${benchmark.name} ...`);
    results.push(...(await benchmark.run({ quick: args.quick, say })));
  }
  for (const line of formatResults(results, readBaseline())) console.log(line);
  if (args.save) saveBaseline(results);
  if (args.json) console.log(JSON.stringify({ results }));
  return 0;
}

/** By its own name or that of one of its results. */
function isNamed({ name, results }: Benchmark, wanted: string): boolean {
  return name === wanted || results.includes(wanted);
}

function say(text: string): void {
  console.error(text);
}
