import { type Baseline, ratioToBaseline } from './baseline.ts';
import type { Result } from './result.ts';
import { judgeResult } from './targets.ts';

const HEADER = ['name', 'median', 'unit', 'min .. max', 'runs', 'x baseline', 'target'];
/** Columns of numbers. */
const RIGHT_ALIGNED = new Set([1, 3, 4, 5]);

/** Lines of a table for people. */
export function formatResults(
  results: readonly Result[],
  baseline: Baseline | null,
): readonly string[] {
  const rows = [HEADER, ...results.map((result) => cellsOf(result, results, baseline))];
  const widths = HEADER.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  return rows.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return RIGHT_ALIGNED.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function cellsOf(
  result: Result,
  all: readonly Result[],
  baseline: Baseline | null,
): readonly string[] {
  const { name, value, unit, min, max, runs } = result;
  const ratio = ratioToBaseline(result, baseline);
  const verdict = judgeResult(result, all);
  return [
    name,
    formatNumber(value),
    unit,
    `${formatNumber(min)} .. ${formatNumber(max)}`,
    String(runs),
    ratio === null ? '-' : ratio.toFixed(2),
    verdict === null ? '' : `${verdict.wanted}: ${verdict.isMet ? 'met' : 'MISSED'}`,
  ];
}

function formatNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}
