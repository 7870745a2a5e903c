import { describe, expect, it } from 'vitest';
import { parseParameter, parseSql } from '#embedded/athena/sql/parse-sql.ts';
import { SqlFailure } from '#embedded/athena/sql-failure.ts';

/** The tree of an expression in prefix form, operators first. */
function prefix(node: unknown): string {
  const tree = node as Readonly<Record<string, unknown>>;
  const list = (items: unknown): string => (items as unknown[]).map(prefix).join(' ');
  switch (tree['kind']) {
    case 'column':
      return (tree['identifier'] as { name: string }).name;
    case 'number':
      return String(tree['text']);
    case 'string':
      return `'${tree['value']}'`;
    case 'binary-operation':
    case 'comparison':
      return `(${tree['operator']} ${prefix(tree['left'])} ${prefix(tree['right'])})`;
    case 'logical':
      return `(${tree['operator']} ${list(tree['terms'])})`;
    case 'not':
    case 'negate':
      return `(${tree['kind']} ${prefix(tree['operand'])})`;
    case 'between':
      return `(between ${prefix(tree['operand'])} ${prefix(tree['low'])} ${prefix(tree['high'])})`;
    case 'at-time-zone':
      return `(at ${prefix(tree['operand'])} ${prefix(tree['zone'])})`;
    case 'subscript':
      return `(subscript ${prefix(tree['base'])} ${prefix(tree['index'])})`;
    case 'field':
      return `(field ${prefix(tree['base'])} ${(tree['field'] as { name: string }).name})`;
    case 'call':
      return `(${tree['name']} ${list(tree['args'])})`;
    case 'interval':
      return `(interval ${tree['negative'] ? '-' : ''}${tree['value']} ${tree['unit']})`;
    default:
      return String(tree['kind']);
  }
}

function body(sql: string): string {
  const describeBody = (node: unknown): string => {
    const tree = node as Readonly<Record<string, unknown>>;
    if (tree['kind'] === 'set-operation') {
      const all = tree['all'] === true ? ' all' : '';
      return `(${tree['operator']}${all} ${describeBody(tree['left'])} ${describeBody(tree['right'])})`;
    }
    if (tree['kind'] === 'nested') return describeBody((tree['query'] as { body: unknown }).body);
    const [item] = tree['items'] as { expression: unknown }[];
    return prefix(item?.expression);
  };
  return describeBody(parseSql(sql).query.body);
}

function failure(sql: string): string {
  try {
    parseSql(sql);
  } catch (error) {
    if (error instanceof SqlFailure) return error.reason;
    throw error;
  }
  throw new Error(`expected a syntax error: ${sql}`);
}

/** The only item of a SELECT list. */
function value(sql: string): unknown {
  const { query } = parseSql(`SELECT ${sql}`);
  const [item] = query.body.kind === 'select' ? query.body.items : [];
  return item?.kind === 'expression' ? item.expression : null;
}

describe('parseSql', () => {
  it.each([
    ['1 - 2 - 3', '(- (- 1 2) 3)'],
    ['1 + 2 * 3', '(+ 1 (* 2 3))'],
    ['-a * b', '(* (negate a) b)'],
    ["a || b + c || 'x'", "(|| (|| a (+ b c)) 'x')"],
    ['NOT a = b OR c AND d', '(or (not (= a b)) (and c d))'],
    ['a AND b OR c AND d', '(or (and a b) (and c d))'],
    ['a BETWEEN 1 AND 2 AND b', '(and (between a 1 2) b)'],
    ['a < b + 1', '(< a (+ b 1))'],
    ["ts AT TIME ZONE 'UTC' + interval '1' day", "(+ (at ts 'UTC') (interval 1 day))"],
    ["interval -'1' day", '(interval -1 day)'],
    ['x[1].y', '(field (subscript x 1) y)'],
    ['a.b.c', '(field (field a b) c)'],
    ['f(a, g(b))[1]', '(subscript (f a (g b)) 1)'],
    ["POSITION('x' IN a)", "(strpos a 'x')"],
    ["TRIM(LEADING 'x' FROM a)", "(ltrim a 'x')"],
    ['SUBSTRING(a FROM 2 FOR 3)', '(substring a 2 3)'],
    ['(1 + 2) * 3', '(* (+ 1 2) 3)'],
    ['((SELECT 1) + 1)', '(+ subquery 1)'],
    ['x <> 1 AND y != 2', '(and (<> x 1) (<> y 2))'],
    ['date', 'date'],
    ["date '2026-01-01'", 'typed-literal'],
    ['first', 'first'],
  ])('gives %s the structure %s', (sql, expected) => {
    expect(prefix(value(sql))).toBe(expected);
  });

  it('lets INTERSECT bind tighter than UNION and EXCEPT, which group to the left', () => {
    expect(body('SELECT 1 UNION SELECT 2 INTERSECT SELECT 3')).toBe('(union 1 (intersect 2 3))');
    expect(body('SELECT 1 EXCEPT SELECT 2 UNION ALL SELECT 3')).toBe('(union all (except 1 2) 3)');
    expect(body('(SELECT 1 UNION SELECT 2) INTERSECT SELECT 3')).toBe('(intersect (union 1 2) 3)');
    expect(body('((SELECT 1) UNION (SELECT 2))')).toBe('(union 1 2)');
  });

  it('reads LIMIT and OFFSET as clauses where they begin one, as names elsewhere', () => {
    expect(parseSql('SELECT a FROM t LIMIT 5').query.limit).toMatchObject({ text: '5' });
    expect(parseSql('SELECT 1 LIMIT 5').query.limit).toMatchObject({ text: '5' });
    expect(parseSql('SELECT a FROM t OFFSET 2 ROWS FETCH FIRST ROW ONLY').query).toMatchObject({
      offset: { text: '2' },
      limit: { text: '1' },
    });
    expect(parseSql('SELECT offset FROM t limit').query.limit).toBeNull();
  });

  it('counts parameters', () => {
    expect(parseSql('SELECT ? FROM t WHERE a = ? LIMIT ?').parameterCount).toBe(3);
  });

  it('skips comments and takes one semicolon at the end', () => {
    expect(body('-- first\nSELECT /* 1; */ 2 -- end\n;')).toBe('2');
  });

  it.each([
    ['SELECT a b c', "SYNTAX_ERROR: line 1:12: mismatched input 'c'. Expecting: <EOF>"],
    ['SELECT\n  a = b = c', "SYNTAX_ERROR: line 2:9: mismatched input '='"],
    ['SELECT a, FROM t', "line 1:11: mismatched input 'FROM'"],
    ['FROM t SELECT a', "line 1:1: mismatched input 'FROM'"],
    ['SELECT a FROM t LIMIT 5 OFFSET 1', "line 1:25: mismatched input 'OFFSET'"],
    ['SELECT a FROM t LIMIT 5, 1', "mismatched input ','"],
    ['SELECT a::int', "mismatched input ':'"],
    ["SELECT 'a' 'b'", "mismatched input ''b''"],
    ['SELECT 1x', 'identifiers must not start with a digit'],
    ['SELECT `a`', 'backquoted identifiers are not supported'],
    ["SELECT 'abc", "line 1:8: mismatched input '''"],
    ['SELECT ""', 'Zero-length delimited identifier'],
    ["SELECT X'1'", 'pairs of hexadecimal digits'],
    ['SELECT 1;; ', "line 1:10: mismatched input ';'"],
    ['SELECT 1; SELECT 2', "mismatched input 'SELECT'"],
    ['SELECT * FROM a JOIN b', "Expecting: 'ON', 'USING'"],
    ['SELECT * FROM a NATURAL JOIN b', "mismatched input 'NATURAL'"],
    ['SELECT * FROM t TABLESAMPLE BERNOULLI (10)', "mismatched input 'TABLESAMPLE'"],
    ['SELECT * EXCLUDE (a) FROM t', "mismatched input 'EXCLUDE'"],
    ['SELECT where(1)', "mismatched input 'where'"],
    ['SELECT a FROM t QUALIFY x = 1', "mismatched input 'x'"],
    ['SELECT top 5 a FROM t', "mismatched input '5'"],
    ['WITH RECURSIVE t AS (SELECT 1) SELECT 1', "mismatched input 'RECURSIVE'"],
    ['SELECT CASE END', "mismatched input 'END'"],
    ['SELECT a IN () FROM t', "mismatched input ')'"],
    ['', "line 1:1: mismatched input '<EOF>'"],
  ])('refuses %j', (sql, reason) => {
    expect(failure(sql)).toContain(reason);
  });

  it('refuses statements nested too deeply instead of running out of stack', () => {
    expect(failure(`SELECT ${'('.repeat(100_000)}`)).toContain('nested too deeply');
    expect(failure(`SELECT ${'NOT '.repeat(100_000)}true`)).toContain('nested too deeply');
    expect(failure(`SELECT ${'- '.repeat(100_000)}1`)).toContain('nested too deeply');
    expect(failure(`SELECT CAST(a AS ${'array('.repeat(100_000)}`)).toContain('nested too deeply');
  });

  it('takes long chains of operators', () => {
    expect(() => parseSql(`SELECT ${'1 + '.repeat(20_000)}1`)).not.toThrow();
    expect(() => parseSql(`SELECT ${'a OR '.repeat(20_000)}b`)).not.toThrow();
  });
});

describe('parseParameter', () => {
  it.each([
    ["'abc'", { kind: 'string', value: 'abc' }],
    ['1 + 1', { kind: 'binary-operation' }],
    ['NULL', { kind: 'null' }],
    ['abc def', { kind: 'string', value: 'abc def' }],
    ["it's", { kind: 'string', value: "it's" }],
    ['abc', { kind: 'string', value: 'abc' }],
    ['t.x + 1', { kind: 'string', value: 't.x + 1' }],
  ])('reads %s as Athena does', (text, expected) => {
    expect(parseParameter(text)).toMatchObject(expected);
  });
});

describe('EXPLAIN', () => {
  const PLAIN = { analyze: false, verbose: false, type: 'logical', format: 'text' };

  it.each([
    ['SELECT 1', null],
    ['EXPLAIN SELECT 1', PLAIN],
    ['EXPLAIN (SELECT 1)', PLAIN],
    ['explain (type io) SELECT 1;', { ...PLAIN, type: 'io' }],
    [
      'EXPLAIN (FORMAT JSON, TYPE DISTRIBUTED) SELECT 1',
      { ...PLAIN, type: 'distributed', format: 'json' },
    ],
    ['EXPLAIN ANALYZE SELECT 1', { ...PLAIN, analyze: true, type: 'distributed' }],
    [
      'EXPLAIN ANALYZE VERBOSE (FORMAT JSON) SELECT 1',
      { analyze: true, verbose: true, type: 'distributed', format: 'json' },
    ],
  ])('%s', (sql, explain) => {
    expect(parseSql(sql).explain).toEqual(explain);
  });

  it.each([
    ['EXPLAIN (TYPE NICE) SELECT 1', "line 1:15: mismatched input 'NICE'"],
    ['EXPLAIN ANALYZE (TYPE IO) SELECT 1', "line 1:18: mismatched input 'TYPE'"],
    ['EXPLAIN', "line 1:8: mismatched input '<EOF>'"],
  ])('refuses %s', (sql, message) => {
    expect(() => parseSql(sql)).toThrow(message);
  });
});
