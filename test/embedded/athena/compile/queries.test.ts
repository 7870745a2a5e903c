import { describe, expect, it } from 'vitest';
import { describeFailures, rowsOf, runSql } from '../run-sql.ts';

const A = "(VALUES (1, 'a'), (2, 'b'), (3, NULL)) a(id, n)";
const B = "(VALUES (1, 'x'), (3, 'y'), (4, 'z')) b(id, m)";

describe('SELECT', () => {
  it('runs without a table', async () => {
    expect(await runSql('SELECT 1, 1 + 1 AS two')).toEqual({
      names: ['_col0', 'two'],
      columnTypes: ['integer', 'integer'],
      rows: [['1', '2']],
    });
  });

  it('names columns as they are written', async () => {
    const sql = `SELECT ID, a.n, n AS "Name", upper(n), id total FROM ${A}`;
    expect((await runSql(sql)).names).toEqual(['ID', 'n', 'Name', '_col3', 'total']);
  });

  it('expands stars of one table and of all', async () => {
    const sql = `SELECT b.*, * FROM ${A}, ${B} WHERE a.id = b.id ORDER BY 1`;
    expect(await runSql(sql)).toMatchObject({
      names: ['id', 'm', 'id', 'n', 'id', 'm'],
      rows: [
        ['1', 'x', '1', 'a', '1', 'x'],
        ['3', 'y', '3', null, '3', 'y'],
      ],
    });
  });

  it('matches names without regard to case, quoted or not', async () => {
    expect(await rowsOf(`SELECT A."ID" FROM ${A} WHERE Id = 1`)).toEqual([['1']]);
  });

  it('sorts nulls last in both directions unless told otherwise', async () => {
    const order = async (by: string) =>
      (await rowsOf(`SELECT n FROM ${A} ORDER BY ${by}`)).map(([n]) => n);
    expect(await order('n')).toEqual(['a', 'b', null]);
    expect(await order('n DESC')).toEqual(['b', 'a', null]);
    expect(await order('n NULLS FIRST')).toEqual([null, 'a', 'b']);
    expect(await order('1 DESC NULLS FIRST')).toEqual([null, 'b', 'a']);
  });

  it('sorts by output names first, then by columns of the table', async () => {
    expect(await rowsOf(`SELECT -id AS id FROM ${A} ORDER BY id`)).toEqual([
      ['-3'],
      ['-2'],
      ['-1'],
    ]);
    expect(await rowsOf(`SELECT n FROM ${A} ORDER BY id DESC LIMIT 1`)).toEqual([[null]]);
  });

  it('skips and limits rows', async () => {
    expect(await rowsOf(`SELECT id FROM ${A} ORDER BY id OFFSET 1 LIMIT 1`)).toEqual([['2']]);
    expect(await rowsOf(`SELECT id FROM ${A} ORDER BY id FETCH NEXT 2 ROWS ONLY`)).toHaveLength(2);
    expect(await rowsOf(`SELECT id FROM ${A} LIMIT 0`)).toEqual([]);
    expect(await rowsOf(`SELECT id FROM ${A} LIMIT ALL`)).toHaveLength(3);
  });

  it('removes duplicates', async () => {
    const sql = 'SELECT DISTINCT x % 2 AS m FROM (VALUES 1, 2, 3) t(x) ORDER BY m DESC';
    expect(await rowsOf(sql)).toEqual([['1'], ['0']]);
  });

  it('reads WITH queries, one from another, hiding outer names', async () => {
    const sql =
      'WITH a AS (SELECT 1 x), b(y) AS (SELECT x + 1 FROM a) SELECT a.x, b.y, (WITH a AS (SELECT 9 x) SELECT x FROM a) FROM a, b';
    expect(await rowsOf(sql)).toEqual([['1', '2', '9']]);
  });

  it('takes VALUES and TABLE as queries', async () => {
    expect(await rowsOf("VALUES (1, 'a'), (2, NULL)")).toEqual([
      ['1', 'a'],
      ['2', null],
    ]);
    expect(await rowsOf('WITH t AS (SELECT 1 x) TABLE t')).toEqual([['1']]);
  });

  it('keeps the types of empty results', async () => {
    const { columnTypes, rows } = await runSql(`SELECT id, n, DECIMAL '1.5' FROM ${A} WHERE false`);
    expect(columnTypes).toEqual(['integer', 'varchar(1)', 'decimal(2,1)']);
    expect(rows).toEqual([]);
  });
});

describe('joins', () => {
  it.each([
    [
      'JOIN',
      [
        ['1', 'a', 'x'],
        ['3', null, 'y'],
      ],
    ],
    [
      'LEFT JOIN',
      [
        ['1', 'a', 'x'],
        ['2', 'b', null],
        ['3', null, 'y'],
      ],
    ],
    [
      'RIGHT OUTER JOIN',
      [
        ['1', 'a', 'x'],
        ['3', null, 'y'],
        [null, null, 'z'],
      ],
    ],
    [
      'FULL JOIN',
      [
        ['1', 'a', 'x'],
        ['2', 'b', null],
        ['3', null, 'y'],
        [null, null, 'z'],
      ],
    ],
  ])('%s by condition', async (join, rows) => {
    const sql = `SELECT a.id, n, m FROM ${A} ${join} ${B} ON a.id = b.id ORDER BY a.id, m`;
    expect(await rowsOf(sql)).toEqual(rows);
  });

  it('gives the shared column of USING once and first', async () => {
    const sql = `SELECT * FROM ${A} FULL JOIN ${B} USING (id) ORDER BY id`;
    const { names, rows } = await runSql(sql);
    expect(names).toEqual(['id', 'n', 'm']);
    expect(rows).toEqual([
      ['1', 'a', 'x'],
      ['2', 'b', null],
      ['3', null, 'y'],
      ['4', null, 'z'],
    ]);
  });

  it('crosses tables, with a comma or in words', async () => {
    expect(await rowsOf(`SELECT count(*) FROM ${A}, ${B}`)).toEqual([['9']]);
    expect(await rowsOf(`SELECT count(*) FROM ${A} CROSS JOIN ${B}`)).toEqual([['9']]);
  });

  it('joins a table with itself', async () => {
    const sql = `WITH t AS (SELECT * FROM ${A}) SELECT l.id, r.id FROM t l JOIN t r ON l.id = r.id + 1 ORDER BY 1`;
    expect(await rowsOf(sql)).toEqual([
      ['2', '1'],
      ['3', '2'],
    ]);
  });

  it('joins joins in parentheses', async () => {
    const sql = `SELECT a.id FROM ${A} JOIN (${B} JOIN (VALUES 1) c(id) ON b.id = c.id) ON a.id = b.id`;
    expect(await rowsOf(sql)).toEqual([['1']]);
  });

  it('unnests arrays and maps beside the row they belong to', async () => {
    const t = '(VALUES (1, ARRAY[10, 20]), (2, ARRAY[]), (3, NULL)) t(id, xs)';
    expect(
      await rowsOf(
        `SELECT id, x, n FROM ${t} CROSS JOIN UNNEST(xs) WITH ORDINALITY AS u(x, n) ORDER BY n`,
      ),
    ).toEqual([
      ['1', '10', '1'],
      ['1', '20', '2'],
    ]);
    expect(
      await rowsOf(`SELECT id, x FROM ${t} LEFT JOIN UNNEST(xs) AS u(x) ON true ORDER BY 1, 2`),
    ).toEqual([
      ['1', '10'],
      ['1', '20'],
      ['2', null],
      ['3', null],
    ]);
    expect(await rowsOf("SELECT k, v FROM UNNEST(map(ARRAY['a'], ARRAY[1])) AS t(k, v)")).toEqual([
      ['a', '1'],
    ]);
    expect(
      await rowsOf("SELECT * FROM UNNEST(ARRAY[1, 2], ARRAY['x']) AS t(a, b) ORDER BY a"),
    ).toEqual([
      ['1', 'x'],
      ['2', null],
    ]);
    expect(
      await rowsOf(
        "SELECT a, b FROM UNNEST(ARRAY[ROW(1, 'x'), ROW(2, 'y')]) AS t(a, b) ORDER BY a",
      ),
    ).toEqual([
      ['1', 'x'],
      ['2', 'y'],
    ]);
  });
});

describe('subqueries', () => {
  it('tests membership with the three values of SQL', async () => {
    const members = async (condition: string) =>
      (await rowsOf(`SELECT id FROM ${A} WHERE ${condition} ORDER BY 1`)).map(([id]) => id);
    expect(await members(`id IN (SELECT id FROM ${B})`)).toEqual(['1', '3']);
    expect(await members(`id NOT IN (SELECT id FROM ${B})`)).toEqual(['2']);
    expect(await members('id NOT IN (SELECT NULL)')).toEqual([]);
    expect(await members(`EXISTS (SELECT 1 FROM ${B} WHERE b.id = a.id)`)).toEqual(['1', '3']);
    expect(await members(`id > ALL (SELECT id FROM ${B} WHERE id < 3)`)).toEqual(['2', '3']);
    expect(await members(`id = ANY (SELECT id FROM ${B})`)).toEqual(['1', '3']);
  });

  it('correlates scalar subqueries', async () => {
    const sql = `SELECT id, (SELECT count(*) FROM ${B} WHERE b.id <= a.id) FROM ${A} ORDER BY 1`;
    expect(await rowsOf(sql)).toEqual([
      ['1', '1'],
      ['2', '1'],
      ['3', '2'],
    ]);
  });

  it('gives null for a scalar subquery without rows', async () => {
    expect(await rowsOf('SELECT (SELECT 1 WHERE false)')).toEqual([[null]]);
  });
});

describe('set operations', () => {
  it('bring columns to a common type', async () => {
    expect(await runSql("SELECT 1 AS a UNION ALL SELECT DECIMAL '2.5' ORDER BY a")).toMatchObject({
      names: ['a'],
      columnTypes: ['decimal(11,1)'],
      rows: [['1.0'], ['2.5']],
    });
  });

  it('follow the precedence of the standard', async () => {
    // The other grouping would give nothing.
    expect(await rowsOf('SELECT 1 UNION SELECT 2 INTERSECT SELECT 3')).toEqual([['1']]);
    expect(await rowsOf('SELECT 1 EXCEPT SELECT 1 UNION ALL SELECT 1')).toEqual([['1']]);
  });

  it('remove duplicates unless ALL says otherwise, nulls being equal', async () => {
    expect(await rowsOf('SELECT NULL UNION SELECT NULL')).toHaveLength(1);
    expect(await rowsOf('SELECT 1 UNION ALL SELECT 1')).toHaveLength(2);
    expect(await rowsOf('(VALUES 1, 1, 2) EXCEPT ALL SELECT 1 ORDER BY 1')).toEqual([['1'], ['2']]);
    expect(await rowsOf('(VALUES 1, 2, 2) INTERSECT (VALUES 2, 3)')).toEqual([['2']]);
  });

  it('sort by ordinal and by name', async () => {
    expect(await rowsOf('SELECT 2 AS a UNION SELECT 1 ORDER BY 1 DESC LIMIT 1')).toEqual([['2']]);
    expect(await rowsOf('SELECT 2 AS a UNION SELECT 1 ORDER BY A')).toEqual([['1'], ['2']]);
  });
});

describeFailures('queries are refused as Athena refuses them', {
  'nope FROM (VALUES 1) t(x)':
    "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved or requester is not authorized to access requested resources",
  't.nope FROM (VALUES 1) t(x)': "Column 't.nope' cannot be resolved",
  [`id FROM ${A}, ${B}`]: "AMBIGUOUS_NAME: line 1:8: Column 'id' is ambiguous",
  'a FROM (SELECT 1 a, 2 a) t': "Column 'a' is ambiguous",
  '*': 'SELECT * not allowed in queries without FROM clause',
  'u.* FROM (VALUES 1) t(x)': 'Unable to resolve reference u',
  'x FROM (VALUES 1) t(x, y)':
    "MISMATCHED_COLUMN_ALIASES: line 1:26: Column alias list has 2 entries but 't' has 1 columns available",
  'DISTINCT x FROM (VALUES 1) t(x) ORDER BY -x': 'EXPRESSION_NOT_IN_DISTINCT',
  'x FROM (VALUES 1) t(x) ORDER BY 2': 'ORDER BY position 2 is not in select list',
  'x FROM (VALUES 1) t(x) WHERE x':
    'TYPE_MISMATCH: line 1:37: WHERE clause must evaluate to a boolean: actual type integer',
  "1 UNION SELECT 'a'": 'column 1 in UNION query has incompatible types: integer, varchar(1)',
  '1 UNION SELECT 1, 2': 'UNION query has different number of fields: 1, 2',
  '1 + (SELECT x FROM (VALUES 1, 2) t(x))': 'SUBQUERY_MULTIPLE_ROWS',
  '1 IN (SELECT 1, 2)': 'Multiple columns returned by subquery',
  'WITH a AS (SELECT 1), a AS (SELECT 2) SELECT 1':
    "DUPLICATE_NAMED_QUERY: line 1:23: WITH query name 'a' specified more than once",
  'WITH a(x, y) AS (SELECT 1) SELECT 1': 'MISMATCHED_COLUMN_ALIASES',
  "VALUES (1), ('a')": 'TYPE_MISMATCH',
  'VALUES (1, 2), (3, 4, 5)': 'TYPE_MISMATCH',
  '1 FROM UNNEST(5) AS t(x)': 'Cannot unnest type: integer',
  'x FROM (VALUES 1) t(x) ORDER BY map(ARRAY[x], ARRAY[x])': 'is not orderable',
});

describe('hostile statements', () => {
  it('carry any text unharmed', async () => {
    const text = `'; DROP VIEW s0; --\\ "\u0000\t\n🦆 $$ ?`;
    const sql = `SELECT '${text.replaceAll("'", "''")}' AS "a""b'c", length('${text.replaceAll("'", "''")}')`;
    expect(await runSql(sql)).toMatchObject({
      names: [`a"b'c`, '_col1'],
      rows: [[text, String([...text].length)]],
    });
  });

  it('end with a failure when they are too complex', async () => {
    const nested = (depth: number): string =>
      depth === 0 ? 'x' : `CAST(CAST(${nested(depth - 1)} AS varchar) AS integer)`;
    const { failureOf } = await import('../run-sql.ts');
    expect(await failureOf(`SELECT ${nested(12)} FROM (VALUES 1) t(x)`)).toContain('too complex');
    expect(await failureOf(`SELECT ${'1 + '.repeat(20_000)}1`)).toContain('NOT_SUPPORTED');
  });
});
