import { describe, expect, it } from 'vitest';
import { resultOf } from '../../../bench/report/result.ts';
import { formatResults } from '../../../bench/report/result-table.ts';

const FAST = resultOf('encode_ratio_to_reference', 'ratio', [7, 6.5, 8]);
const OTHER = resultOf('staged_bytes_per_event', 'bytes', [1234.5]);

describe('formatResults', () => {
  it('shows spread, ratio to the baseline and whether the target is met', () => {
    const baseline = { machine: 'm', commit: 'c', results: [{ ...FAST, value: 3.5 }] };
    expect(formatResults([FAST, OTHER], baseline)).toEqual([
      'name                       median  unit       min .. max  runs  x baseline  target',
      'encode_ratio_to_reference       7  ratio        6.5 .. 8     3        2.00  >= 6: met',
      'staged_bytes_per_event      1,235  bytes  1,235 .. 1,235     1           -',
    ]);
  });

  it('shows no ratio without a baseline', () => {
    const [, line] = formatResults([FAST], null);
    expect(line).toMatch(/ {2}3 +- {2}>= 6: met$/);
  });

  it('names a target that is missed', () => {
    const [, line] = formatResults([{ ...FAST, value: 5.9 }], null);
    expect(line).toMatch(/>= 6: MISSED$/);
  });
});
