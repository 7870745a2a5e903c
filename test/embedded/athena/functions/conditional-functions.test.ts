import { describeExpressions, describeFailures } from '../run-sql.ts';

describeExpressions('conditional expressions', {
  'if(true, 1, 2)': '1',
  'if(NULL, 1, 2)': '2',
  'if(false, 1)': null,
  'coalesce(NULL, NULL, 3)': '3',
  'nullif(1, 1)': null,
  'nullif(1, 2)': '1',
  // Null if any argument is null.
  'greatest(1, NULL)': null,
  'least(NULL, 1)': null,
  'greatest(1, 2.5)': '2.5',
  "least('b', 'a')": 'a',
  'try(1 / 0)': null,
  "try(CAST('x' AS integer) + 1)": null,
  // The whole argument is null, not the part of it that failed.
  'try(coalesce(1 / 0, 5))': null,
  'try(1 / 0) + 1': null,
  'try(2)': '2',
  "CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END": 'b',
  "CASE 3 WHEN 1 THEN 'a' ELSE 'z' END": 'z',
  'CASE WHEN NULL THEN 1 ELSE 2 END': '2',
  'CASE nan() WHEN nan() THEN 1 ELSE 2 END': '2',
  "typeof(CASE WHEN true THEN 1 ELSE DECIMAL '2.5' END)": 'decimal(11,1)',
  "typeof(coalesce('a', 'bcd'))": 'varchar(3)',
  // A branch that is not taken is not evaluated.
  'CASE WHEN true THEN 1 ELSE 1 / 0 END': '1',
  '1 BETWEEN 1 AND 2': 'true',
  '3 NOT BETWEEN 1 AND 2': 'true',
  '1 IN (2, NULL)': null,
  '1 NOT IN (2, 3)': 'true',
  'NULL IS NULL': 'true',
  'NULL IS DISTINCT FROM 1': 'true',
  '1 IS NOT DISTINCT FROM 1': 'true',
  'NOT true OR true': 'true',
  'true AND NULL': null,
  'false AND NULL': 'false',
});

describeFailures('conditional expressions refuse', {
  'if(1, 2, 3)': 'IF condition must evaluate to a boolean',
  'CASE WHEN 1 THEN 2 END': 'CASE WHEN clause must evaluate to a boolean (actual: integer)',
  "CASE WHEN true THEN 1 ELSE 'a' END":
    'TYPE_MISMATCH: line 1:8: All result types must be the same: integer, varchar(1)',
  'coalesce(1)': "The 'coalesce' function must have at least two arguments",
  'least(1e0, nan())': 'Invalid argument to least(): NaN',
  '1 AND true': 'must evaluate to a boolean (actual: integer)',
  'try(1, 2)': "The 'try' function must have exactly one argument",
});
