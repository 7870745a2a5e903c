import { parseSql } from '#embedded/athena/sql/parse-sql.ts';
import { SqlFailure } from '#embedded/athena/sql-failure.ts';
import { type FuzzTarget, refusedWith } from '../fuzz-target.ts';
import { mutateText } from '../mutate.ts';

const STATEMENTS = [
  'SELECT symbol, count(*) AS n FROM d.trade WHERE price > 1.5e0 GROUP BY symbol HAVING count(*) > 3 ORDER BY n DESC LIMIT 5',
  'WITH a AS (SELECT * FROM t) SELECT max_by(x, y) OVER (PARTITION BY z ORDER BY w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM a',
  "SELECT CASE WHEN a IS NULL THEN 'x' ELSE cast(b AS varchar) END, ARRAY[1, 2][1], row(1, 'a'), INTERVAL '1' DAY FROM t CROSS JOIN UNNEST(m) AS u(k, v)",
  "SELECT transform(a, x -> x + 1), date_trunc('hour', ts) FROM t LEFT JOIN s ON t.id = s.id WHERE ts BETWEEN timestamp '2026-01-01' AND now()",
  "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(n, s) UNION ALL SELECT ?, ? EXCEPT SELECT 1, 'x'",
];

/** SQL as a user may mistype it. */
export const athenaSql: FuzzTarget = {
  name: 'athena-sql',
  async prepare() {
    return {
      run(draw) {
        try {
          parseSql(mutateText(draw, STATEMENTS, ['SELECT ', '(', ')', ' OVER ', '/*', '--', 'U&']));
          return 'accepted';
        } catch (error) {
          return refusedWith(error, (e) => e instanceof SqlFailure);
        }
      },
    };
  },
};
