import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFunction, functionNames } from '#embedded/athena/function-allow-list.ts';
import { describeFailures } from '../run-sql.ts';

describe('function allow-list', () => {
  it('has a test for every function', () => {
    const folder = import.meta.dirname;
    const tests = readdirSync(folder)
      .map((file) => readFileSync(path.join(folder, file), 'utf8').toLowerCase())
      .join('\n');
    const untested = functionNames().filter((name) => {
      const spelled = ['current_date', 'current_timestamp', 'localtimestamp'].includes(name);
      return !new RegExp(`\\b${name}${spelled ? '\\b' : '\\('}`).test(tests);
    });
    expect(untested).toEqual([]);
    expect(functionNames().length).toBeGreaterThan(150);
  });

  it('does not know what objects inherit', () => {
    expect(findFunction('constructor')).toBeNull();
    expect(findFunction('__proto__')).toBeNull();
  });
});

describeFailures('functions that are not on the list do not exist', {
  'foo(1)': "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered",
  "1,\n  Foo(1, 'x')": "FUNCTION_NOT_FOUND: line 2:3: Function 'foo' not registered",
  // DuckDB has these, Trino does not.
  "read_csv('/etc/passwd')": "Function 'read_csv' not registered",
  "read_text('/etc/passwd')": "Function 'read_text' not registered",
  "glob('*')": "Function 'glob' not registered",
  'list_value(1)': 'not registered',
  "strftime(now(), '%Y')": 'not registered',
  "athena_fail('x')": "Function 'athena_fail' not registered",
  '"$subscript"(ARRAY[1], 1)': 'not registered',
});
