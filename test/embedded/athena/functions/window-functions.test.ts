import { describe, expect, it } from 'vitest';
import { describeFailures, rowsOf } from '../run-sql.ts';

const ROWS = "(VALUES ('a', 1, 10), ('a', 2, 10), ('a', 3, 30), ('b', 1, 5)) t(g, i, v)";

describe('window functions', () => {
  it.each([
    ['row_number() OVER (PARTITION BY g ORDER BY i)', ['1', '2', '3', '1']],
    ['rank() OVER (PARTITION BY g ORDER BY v)', ['1', '1', '3', '1']],
    ['dense_rank() OVER (PARTITION BY g ORDER BY v)', ['1', '1', '2', '1']],
    ['percent_rank() OVER (PARTITION BY g ORDER BY v)', ['0.0', '0.0', '1.0', '0.0']],
    [
      'cume_dist() OVER (PARTITION BY g ORDER BY i)',
      ['0.3333333333333333', '0.6666666666666666', '1.0', '1.0'],
    ],
    ['ntile(2) OVER (PARTITION BY g ORDER BY i)', ['1', '1', '2', '1']],
    ['lag(v) OVER (PARTITION BY g ORDER BY i)', [null, '10', '10', null]],
    ['lag(v, 2, 0) OVER (PARTITION BY g ORDER BY i)', ['0', '0', '10', '0']],
    ['lead(v) OVER (PARTITION BY g ORDER BY i)', ['10', '30', null, null]],
    ['first_value(v) OVER (PARTITION BY g ORDER BY i)', ['10', '10', '10', '5']],
    [
      'last_value(v) OVER (PARTITION BY g ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)',
      ['30', '30', '30', '5'],
    ],
    ['nth_value(v, 3) OVER (PARTITION BY g ORDER BY i)', [null, null, '30', null]],
    ['lag(nullif(v, 10)) IGNORE NULLS OVER (ORDER BY g, i)', [null, null, null, '30']],
    ['sum(v) OVER (PARTITION BY g ORDER BY i)', ['10', '20', '50', '5']],
    [
      'sum(v) OVER (ORDER BY g, i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)',
      ['10', '20', '40', '35'],
    ],
    // Peers of the current row belong to a RANGE frame.
    ['sum(v) OVER (PARTITION BY g ORDER BY v)', ['20', '20', '50', '5']],
    ['sum(v) OVER (PARTITION BY g ORDER BY v GROUPS 1 PRECEDING)', ['20', '20', '50', '5']],
    [
      'sum(v) OVER (PARTITION BY g ORDER BY i RANGE BETWEEN 1 PRECEDING AND CURRENT ROW)',
      ['10', '20', '40', '5'],
    ],
    ['count(*) OVER ()', ['4', '4', '4', '4']],
    [
      'avg(v) FILTER (WHERE v > 5) OVER (PARTITION BY g)',
      ['16.666666666666668', '16.666666666666668', '16.666666666666668', null],
    ],
    ['max(v) OVER w', ['10', '10', '30', '5']],
  ])('%s', async (expression, expected) => {
    const sql = `SELECT ${expression} FROM ${ROWS} WINDOW w AS (PARTITION BY g ORDER BY i) ORDER BY g, i`;
    expect((await rowsOf(sql)).map(([value]) => value)).toEqual(expected);
  });

  it('frames by an interval of time', async () => {
    const days =
      "(VALUES (date '2026-01-01', 1), (date '2026-01-02', 2), (date '2026-01-05', 5)) t(d, v)";
    const sql = `SELECT sum(v) OVER (ORDER BY d RANGE BETWEEN interval '1' day PRECEDING AND CURRENT ROW) FROM ${days} ORDER BY d`;
    expect(await rowsOf(sql)).toEqual([['1'], ['3'], ['5']]);
  });

  it('runs over groups', async () => {
    const sql = `SELECT g, sum(v), sum(sum(v)) OVER (ORDER BY g) FROM ${ROWS} GROUP BY g ORDER BY g`;
    expect(await rowsOf(sql)).toEqual([
      ['a', '50', '50'],
      ['b', '5', '55'],
    ]);
  });
});

describeFailures('window functions refuse', {
  'rank()': 'Window function rank requires an OVER clause',
  'upper(s) OVER () FROM (VALUES 1) t(s)': "'upper' is not a window function",
  'x FROM (VALUES 1) t(x) WHERE row_number() OVER () = 1': 'WHERE clause cannot contain',
  'sum(row_number() OVER ()) OVER () FROM (VALUES 1) t(x)': 'Window function cannot contain',
  'sum(x) OVER w FROM (VALUES 1) t(x)': 'Cannot resolve WINDOW name w',
  'sum(DISTINCT x) OVER () FROM (VALUES 1) t(x)': 'DISTINCT in window function parameters',
  'sum(x) IGNORE NULLS OVER () FROM (VALUES 1) t(x)': 'Cannot specify null treatment clause',
  'sum(x) OVER (ORDER BY x, x RANGE 1 PRECEDING) FROM (VALUES 1) t(x)': 'requires single sort item',
  'sum(x) OVER (ORDER BY x ROWS 1.5 PRECEDING) FROM (VALUES 1) t(x)': 'offset must be integer',
});
