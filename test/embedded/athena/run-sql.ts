import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileSql } from '#embedded/athena/compile/compile-sql.ts';
import { runQuery } from '#embedded/athena/engine/run-query.ts';
import { formatValue } from '#embedded/athena/result-format.ts';
import { parseSql } from '#embedded/athena/sql/parse-sql.ts';
import { SqlFailure } from '#embedded/athena/sql-failure.ts';
import { typeName } from '#embedded/athena/trino-types/trino-type.ts';

/** 2026-01-31 10:20:30.456 UTC: what `now()` is in these tests. */
export const NOW_MS = Date.UTC(2026, 0, 31, 10, 20, 30, 456);

export interface SqlResult {
  readonly names: readonly string[];
  readonly columnTypes: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Runs a statement that names no tables, as the service would. */
export async function runSql(sql: string): Promise<SqlResult> {
  const compiled = compileSql(parseSql(sql).query, {
    session: { database: 'default', nowMs: NOW_MS, parameters: [] },
    openTable: () => {
      throw new Error('these statements have no tables');
    },
  });
  const rows: (string | null)[][] = [];
  const spillDir = mkdtempSync(path.join(os.tmpdir(), 'sluice-sql-'));
  try {
    await runQuery(
      { views: [], sizes: [], files: [], sql: compiled.sql },
      { spillDir, memoryLimitMb: 256, threads: 1 },
      {
        signal: new AbortController().signal,
        onRows(chunk) {
          for (const row of chunk) {
            rows.push(
              row.map((value, index) => {
                const type = compiled.columns[index]?.type;
                return type === undefined ? null : formatValue(value, type);
              }),
            );
          }
        },
      },
    );
  } finally {
    rmSync(spillDir, { recursive: true, force: true });
  }
  return {
    names: compiled.columns.map((column) => column.name),
    columnTypes: compiled.columns.map((column) => typeName(column.type)),
    rows,
  };
}

/** The rows of a statement. */
export async function rowsOf(sql: string): Promise<SqlResult['rows']> {
  return (await runSql(sql)).rows;
}

/** `StateChangeReason` of a statement that has to fail. */
export async function failureOf(sql: string): Promise<string> {
  try {
    await runSql(sql);
  } catch (error) {
    if (error instanceof SqlFailure) return error.reason;
    throw error;
  }
  throw new Error(`expected a failure: ${sql}`);
}

/** Text of a result, null for NULL; with a type in front, `bigint 3`, the type is checked as well. */
export type Expected = string | null;

/**
 * One test per expression. All are evaluated by one query, because what takes time is to start the
 * engine; give `from` for aggregates.
 */
export function describeExpressions(
  title: string,
  cases: Readonly<Record<string, Expected>>,
  options: { readonly from?: string } = {},
): void {
  describe(title, () => {
    const expressions = Object.keys(cases);
    const results = new Map<string, string | null>();
    beforeAll(async () => {
      const { rows } = await runSql(`SELECT ${expressions.join(',\n')} ${options.from ?? ''}`);
      expressions.forEach((expression, index) => {
        results.set(expression, rows[0]?.[index] ?? null);
      });
    });
    it.each(expressions)('%s', (expression) => {
      expect(results.get(expression)).toBe(cases[expression]);
    });
  });
}

/** One test per expression that has to fail, with the reason or the start of it. */
export function describeFailures(title: string, cases: Readonly<Record<string, string>>): void {
  describe(title, () => {
    it.each(Object.entries(cases))('%s', async (sql, reason) => {
      const statement = /^(select|with|values|\()/i.test(sql) ? sql : `SELECT ${sql}`;
      expect(await failureOf(statement)).toContain(reason);
    });
  });
}
