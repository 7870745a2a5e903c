import type { Snapshot } from '#core/iceberg/spec/snapshot.ts';
import {
  snapshotAsOf,
  snapshotById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { createCompiler } from '../compile/compile-sql.ts';
import type { OpenTable, Session } from '../compile/context.ts';
import { createScope } from '../compile/scope.ts';
import { topLevelContext } from '../compile/top-level-context.ts';
import { type EngineOptions, runQuery } from '../engine/run-query.ts';
import type { TimeTravel } from '../sql/ast.ts';
import { failAt, notSupported, SqlFailure } from '../sql-failure.ts';
import { textSql } from '../trino-types/cast-to-text.ts';
import type { Compiled } from '../trino-types/compiled.ts';
import { typeName } from '../trino-types/trino-type.ts';
import type { TableName } from './lake-catalog.ts';

/** What a FOR … AS OF clause points at. */
export type TimePointer =
  | { readonly kind: 'snapshot'; readonly snapshotId: bigint }
  /** A branch or a tag. */
  | { readonly kind: 'reference'; readonly name: string }
  /** Milliseconds since the epoch. */
  | { readonly kind: 'time'; readonly timeMs: number };

interface Evaluation {
  readonly engine: EngineOptions;
  readonly run: { readonly session: Session; readonly signal: AbortSignal };
}

/**
 * The value of a FOR … AS OF clause: any expression that needs no table. Throws TYPE_MISMATCH,
 * NOT_SUPPORTED for a version that is no bigint and no text, and INVALID_ARGUMENTS for null and for
 * a time that is not in the past. Source: Trino documentation, Iceberg connector, Time travel queries.
 */
export async function evaluateTimeTravel(
  timeTravel: TimeTravel,
  evaluation: Evaluation,
): Promise<TimePointer> {
  const { session } = evaluation.run;
  const openTable: OpenTable = (_name, { position }) => {
    throw notSupported(position, 'subqueries in FOR … AS OF');
  };
  const compiler = createCompiler({ session, openTable });
  const scope = createScope([], null);
  const pointer = compiler.expression(
    timeTravel.value,
    topLevelContext(compiler, scope, new Map()),
  );
  if (pointer.type.kind === 'unknown') throw isNull(timeTravel);
  return timeTravel.kind === 'version'
    ? evaluateVersion(pointer, timeTravel, evaluation)
    : evaluateTime(pointer, timeTravel, evaluation);
}

async function evaluateVersion(
  pointer: Compiled,
  timeTravel: TimeTravel,
  evaluation: Evaluation,
): Promise<TimePointer> {
  const { kind } = pointer.type;
  if (kind !== 'bigint' && kind !== 'varchar') {
    throw new SqlFailure(
      'NOT_SUPPORTED',
      `Unsupported type for table version: ${typeName(pointer.type)}`,
    );
  }
  const [value] = await evaluate([pointer.sql], evaluation);
  if (value === null || value === undefined) throw isNull(timeTravel);
  return kind === 'bigint'
    ? { kind: 'snapshot', snapshotId: BigInt(value as bigint) }
    : { kind: 'reference', name: String(value) };
}

async function evaluateTime(
  pointer: Compiled,
  timeTravel: TimeTravel,
  evaluation: Evaluation,
): Promise<TimePointer> {
  const { kind } = pointer.type;
  if (kind !== 'timestamp' && kind !== 'timestamp-tz' && kind !== 'date') {
    throw failAt(
      'TYPE_MISMATCH',
      timeTravel,
      `Type ${typeName(pointer.type)} invalid. Temporal pointers must be of type Timestamp, Timestamp with Time Zone, or Date.`,
    );
  }
  const [value, text] = await evaluate(
    [`epoch_us(CAST(${pointer.sql} AS TIMESTAMP))`, textSql(pointer) ?? "''"],
    evaluation,
  );
  if (value === null || value === undefined) throw isNull(timeTravel);
  const micros = BigInt(value as bigint);
  if (micros >= BigInt(evaluation.run.session.nowMs) * 1000n) {
    throw failAt('INVALID_ARGUMENTS', timeTravel, `Pointer value '${text}' is not in the past`);
  }
  // Whole milliseconds, the unit of snapshot times; BigInt division cuts towards zero.
  const floored = micros / 1000n - (micros % 1000n < 0n ? 1n : 0n);
  return { kind: 'time', timeMs: Number(floored) };
}

function isNull(timeTravel: TimeTravel): SqlFailure {
  return failAt('INVALID_ARGUMENTS', timeTravel, 'Pointer value cannot be NULL');
}

async function evaluate(
  expressions: readonly string[],
  { engine, run }: Evaluation,
): Promise<readonly unknown[]> {
  let values: readonly unknown[] = [];
  const sql = `SELECT ${expressions.join(', ')}`;
  await runQuery({ views: [], sizes: [], files: [], sql }, engine, {
    signal: run.signal,
    onRows: ([row]) => {
      values = row ?? [];
    },
  });
  return values;
}

/**
 * The snapshot a pointer means. Throws INVALID_ARGUMENTS in Trino's words, without a place, as the
 * connector does.
 */
export function snapshotAt(
  metadata: TableMetadata,
  pointer: TimePointer,
  { database, table }: TableName,
): Snapshot {
  switch (pointer.kind) {
    case 'time': {
      const snapshot = snapshotAsOf(metadata, pointer.timeMs);
      // Java prints no fraction that is zero.
      const time = new Date(pointer.timeMs).toISOString().replace('.000Z', 'Z');
      if (snapshot !== null) return snapshot;
      throw invalidPointer(`No version history table ${database}.${table} at or before ${time}`);
    }
    case 'reference': {
      const ref = Object.hasOwn(metadata.refs, pointer.name)
        ? metadata.refs[pointer.name]
        : undefined;
      if (ref === undefined) {
        throw invalidPointer(`Cannot find snapshot with reference name: ${pointer.name}`);
      }
      return requireSnapshot(metadata, ref['snapshot-id']);
    }
    case 'snapshot':
      return requireSnapshot(metadata, pointer.snapshotId);
  }
}

function requireSnapshot(metadata: TableMetadata, snapshotId: bigint): Snapshot {
  const snapshot = snapshotById(metadata, snapshotId);
  if (snapshot === null) {
    throw invalidPointer(`Iceberg snapshot ID does not exists: ${snapshotId}`);
  }
  return snapshot;
}

function invalidPointer(message: string): SqlFailure {
  return new SqlFailure('INVALID_ARGUMENTS', message);
}
