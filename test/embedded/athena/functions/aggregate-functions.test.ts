import { describe, expect, it } from 'vitest';
import { describeExpressions, describeFailures, rowsOf } from '../run-sql.ts';

const VALUES =
  "FROM (VALUES (1, DECIMAL '1.50', 'a', 3), (2, DECIMAL '2.25', 'b', 2), (2, NULL, 'c', 1), (NULL, DECIMAL '0.01', NULL, 9)) t(x, d, s, o)";

describeExpressions(
  'aggregate functions',
  {
    'count(*)': '4',
    'count(x)': '3',
    'count(DISTINCT x)': '2',
    'count(*) FILTER (WHERE x = 2)': '2',
    'count_if(x > 1)': '2',
    'sum(x)': '5',
    'sum(DISTINCT x)': '3',
    'typeof(sum(x))': 'bigint',
    'sum(d)': '3.76',
    'typeof(sum(d))': 'decimal(38,2)',
    'sum(x) FILTER (WHERE x > 5)': null,
    'avg(x)': '1.6666666666666667',
    // The average of decimals is a decimal, rounded half up.
    'avg(d)': '1.25',
    'typeof(avg(d))': 'decimal(3,2)',
    'avg(CAST(x AS real))': '1.6666666',
    'min(d)': '0.01',
    'max(s)': 'c',
    // A null value belongs to its row.
    'max_by(x, o)': null,
    'min_by(x, o)': '2',
    'max_by(s, x)': 'b',
    'arbitrary(5)': '5',
    'any_value(7)': '7',
    'bool_and(x > 0)': 'true',
    'every(x > 1)': 'false',
    'bool_or(x > 1)': 'true',
    'array_agg(x ORDER BY o)': '[2, 2, 1, null]',
    'array_agg(x ORDER BY o) FILTER (WHERE x > 9)': null,
    'array_agg(DISTINCT x ORDER BY x)': '[1, 2, null]',
    "listagg(s, '-') WITHIN GROUP (ORDER BY o)": 'c-b-a',
    'approx_distinct(x)': '2',
    'approx_percentile(x, 0.5)': '2',
    'approx_percentile(x, ARRAY[0.1, 0.9])': '[1, 2]',
    'round(stddev(x), 5)': '0.57735',
    'round(stddev_samp(x), 5)': '0.57735',
    'round(stddev_pop(x), 4)': '0.4714',
    'round(variance(x), 5)': '0.33333',
    'round(var_samp(x), 5)': '0.33333',
    'round(var_pop(x), 5)': '0.22222',
    'round(covar_pop(x, o), 5)': '-0.33333',
    'round(covar_samp(x, o), 5)': '-0.5',
    'corr(x, x)': '1.0',
    'regr_slope(o, x)': '-1.5',
    'regr_intercept(o, x)': '4.5',
    'geometric_mean(x)': '1.5874010519681994',
    'bitwise_and_agg(x)': '0',
    'bitwise_or_agg(x)': '3',
    'histogram(x)': '{1=1, 2=2}',
  },
  { from: VALUES },
);

describe('aggregates over no rows', () => {
  it('count nothing and are null otherwise', async () => {
    const none = 'FROM (VALUES 1) t(x) WHERE x > 5';
    expect(await rowsOf(`SELECT count(*), sum(x), avg(x), min(x), array_agg(x) ${none}`)).toEqual([
      ['0', null, null, null, null],
    ]);
    expect(await rowsOf('SELECT avg(x) FROM (VALUES 1.5) t(x) WHERE x > 5')).toEqual([[null]]);
  });

  it('give no row with GROUP BY', async () => {
    expect(await rowsOf('SELECT x, count(*) FROM (VALUES 1) t(x) WHERE x > 5 GROUP BY x')).toEqual(
      [],
    );
  });
});

describe('grouping', () => {
  const rows = "(VALUES ('a', 'x', 1), ('a', 'y', 2), ('b', 'x', 4)) t(g, h, v)";

  it('groups by column, ordinal and expression', async () => {
    expect(await rowsOf(`SELECT g, sum(v) FROM ${rows} GROUP BY g ORDER BY g`)).toEqual([
      ['a', '3'],
      ['b', '4'],
    ]);
    expect(await rowsOf(`SELECT upper(g), sum(v) FROM ${rows} GROUP BY 1 ORDER BY 2 DESC`)).toEqual(
      [
        ['B', '4'],
        ['A', '3'],
      ],
    );
    expect(
      await rowsOf(`SELECT upper(g) || '!', sum(v) FROM ${rows} GROUP BY upper(g) ORDER BY 1`),
    ).toEqual([
      ['A!', '3'],
      ['B!', '4'],
    ]);
  });

  it('answers ROLLUP with grouping()', async () => {
    expect(
      await rowsOf(
        `SELECT g, h, grouping(g, h), sum(v) FROM ${rows} GROUP BY ROLLUP (g, h) ORDER BY 1, 2`,
      ),
    ).toEqual([
      ['a', 'x', '0', '1'],
      ['a', 'y', '0', '2'],
      ['a', null, '1', '3'],
      ['b', 'x', '0', '4'],
      ['b', null, '1', '4'],
      [null, null, '3', '7'],
    ]);
  });

  it('answers CUBE and GROUPING SETS', async () => {
    expect(
      await rowsOf(
        `SELECT g, h, sum(v) FROM ${rows} GROUP BY GROUPING SETS ((g), (h), ()) ORDER BY 3, 1`,
      ),
    ).toEqual([
      [null, 'y', '2'],
      ['a', null, '3'],
      ['b', null, '4'],
      [null, 'x', '5'],
      [null, null, '7'],
    ]);
    expect(
      await rowsOf(`SELECT count(*) FROM (SELECT g FROM ${rows} GROUP BY CUBE (g, h)) c`),
    ).toEqual([['8']]);
  });

  it('filters groups with HAVING', async () => {
    expect(await rowsOf(`SELECT g FROM ${rows} GROUP BY g HAVING count(*) > 1`)).toEqual([['a']]);
    expect(await rowsOf(`SELECT 1 FROM ${rows} HAVING count(*) > 5`)).toEqual([]);
  });
});

describeFailures('aggregates refuse', {
  'x, count(*) FROM (VALUES 1) t(x)':
    "EXPRESSION_NOT_AGGREGATE: line 1:8: 'x' must be an aggregate expression or appear in GROUP BY clause",
  'x + 1 FROM (VALUES 1) t(x) GROUP BY x + 2': "line 1:8: 'x' must be an aggregate expression",
  'g FROM (VALUES (1, 2)) t(g, v) GROUP BY g ORDER BY v': "'v' must be an aggregate expression",
  '* FROM (VALUES (1, 2)) t(g, v) GROUP BY g': "Column 'v' not in GROUP BY clause",
  'x FROM (VALUES 1) t(x) WHERE count(*) > 1': 'WHERE clause cannot contain aggregations',
  'x FROM (VALUES 1) t(x) GROUP BY count(*)': 'GROUP BY clause cannot contain aggregations',
  'sum(count(*)) FROM (VALUES 1) t(x)': 'NESTED_AGGREGATION',
  'sum(x) FROM (VALUES 9223372036854775807, 1) t(x)': 'NUMERIC_VALUE_OUT_OF_RANGE',
  "sum('a')": 'Unexpected parameters (varchar(1)) for function sum',
  'max(x, 2) FROM (VALUES 1) t(x)': 'NOT_SUPPORTED',
  'count(DISTINCT x, y) FROM (VALUES (1, 2)) t(x, y)':
    'Unexpected parameters (integer, integer) for function count',
  'GROUP BY': 'SYNTAX_ERROR',
  'x FROM (VALUES 1) t(x) GROUP BY 2': 'GROUP BY position 2 is not in select list',
  'upper(DISTINCT s) FROM (VALUES 1) t(s)': 'not valid for the scalar function upper',
  'approx_percentile(x, x) FROM (VALUES 1) t(x)': 'Percentile must be a literal',
});
