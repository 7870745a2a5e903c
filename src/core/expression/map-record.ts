import type { Stream } from '../config/project.ts';
import { hasCode, SluiceError } from '../errors.ts';
import { type Field, type Row, storedName, type Value } from '../schema/field.ts';
import { typeExpression } from './check-expression.ts';
import { suggest } from './closest-name.ts';
import { compileTyped } from './compile-expression.ts';
import type { FunctionTable } from './extension/function-table.ts';
import { createFieldAssigner, type FieldAssigner } from './field-assignment.ts';

/** Number of the record in its file, from 1, as expressions see it. */
export const ROW_NUMBER_COLUMN = '_row';

/** Fills one field of the stream; money by its name in units (12.34) or by its stored name in cents. */
export interface FieldAssignment {
  readonly field: string;
  readonly expression: string;
}

export type MappedRecord =
  | { readonly ok: true; readonly row: Row }
  /** What is wrong with the record, with the field; never a value. */
  | { readonly ok: false; readonly reason: string };

/** Maps one record of a file, keyed by column; `rowNumber` counts from 1. */
export type RecordMapper = (
  record: Readonly<Record<string, string>>,
  rowNumber: number,
) => MappedRecord;

export interface RecordMapperOptions {
  readonly stream: Pick<Stream, 'name' | 'fields'>;
  readonly assignments: readonly FieldAssignment[];
  /** Columns of the file; all are optional strings, and an empty cell is null. */
  readonly columns: readonly string[];
  /** What `fn:name(…)` may call. @default nothing */
  readonly functions?: FunctionTable | undefined;
}

/**
 * Compiles the mapping from columns to rows of the stream. A field without assignment is taken from the column of
 * equal name, else it gets its default, else null when it is optional. Texts are read as the field's type; other
 * results must widen to it or be narrowed without loss.
 * Throws USAGE (unknown or missing fields) and EXPRESSION_INVALID.
 */
export function createRecordMapper(options: RecordMapperOptions): RecordMapper {
  const scope = { columns: columnFields(options.columns), functions: options.functions };
  const assigned = assignmentsByField(options);
  const missing: string[] = [];
  const steps = options.stream.fields.flatMap((field): readonly FillStep[] => {
    const assignment = assigned.get(field);
    if (assignment !== undefined) return [compileStep(field, assignment, scope)];
    const column = [field.name, storedName(field)].find((name) => options.columns.includes(name));
    if (column !== undefined) {
      return [compileStep(field, { field: column, expression: quoteName(column) }, scope)];
    }
    if (field.default === undefined && !field.optional) missing.push(field.name);
    const value = field.default ?? null;
    return [{ key: storedName(field), fill: () => value }];
  });
  if (missing.length > 0) throw missingFields(missing, options);
  return (record, rowNumber) => mapRecord(record, rowNumber, { columns: options.columns, steps });
}

interface FillStep {
  readonly key: string;
  /** Throws EXPRESSION_FAILED. */
  readonly fill: FieldAssigner;
}

function mapRecord(
  record: Readonly<Record<string, string>>,
  rowNumber: number,
  plan: { readonly columns: readonly string[]; readonly steps: readonly FillStep[] },
): MappedRecord {
  // Columns may have any name, __proto__ included: no prototype.
  const input: Record<string, Value> = Object.create(null);
  input[ROW_NUMBER_COLUMN] = BigInt(rowNumber);
  for (const column of plan.columns) {
    const cell = Object.hasOwn(record, column) ? record[column] : undefined;
    input[column] = cell === undefined || cell === '' ? null : cell;
  }
  const row: Record<string, Value> = {};
  try {
    for (const { key, fill } of plan.steps) row[key] = fill(input);
  } catch (error) {
    if (!hasCode(error, 'EXPRESSION_FAILED')) throw error;
    return { ok: false, reason: error.message };
  }
  return { ok: true, row };
}

function compileStep(
  field: Field,
  assignment: FieldAssignment,
  scope: { readonly columns: readonly Field[]; readonly functions: FunctionTable | undefined },
): FillStep {
  const { expression } = assignment;
  const typed = placeErrors(assignment, () =>
    typeExpression(expression, scope.columns, { functions: scope.functions }),
  );
  const inCents = field.type.kind === 'money' && assignment.field === storedName(field);
  return {
    key: storedName(field),
    fill: createFieldAssigner(field, {
      type: typed.type,
      evaluate: compileTyped(typed, expression),
      inCents,
    }),
  };
}

/** Adds the field and the expression to the message of the checker. */
function placeErrors<Result>(assignment: FieldAssignment, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!hasCode(error, 'EXPRESSION_INVALID')) throw error;
    throw new SluiceError(
      'EXPRESSION_INVALID',
      `${assignment.field} = ${assignment.expression}, column ${error.context['column']}: ${error.message}`,
      { context: error.context, cause: error },
    );
  }
}

function assignmentsByField({
  stream,
  assignments,
}: RecordMapperOptions): ReadonlyMap<Field, FieldAssignment> {
  const assigned = new Map<Field, FieldAssignment>();
  for (const assignment of assignments) {
    const { field: name } = assignment;
    const field =
      stream.fields.find((candidate) => candidate.name === name) ??
      stream.fields.find((candidate) => storedName(candidate) === name);
    if (field === undefined) {
      const hint = suggest(
        name,
        stream.fields.map((candidate) => candidate.name),
      );
      throw usage(`stream ${stream.name} has no field "${name}"${hint}`);
    }
    if (assigned.has(field)) throw usage(`field ${field.name} is assigned twice, expected once`);
    assigned.set(field, assignment);
  }
  return assigned;
}

function columnFields(columns: readonly string[]): readonly Field[] {
  const fields = columns.map((name): Field => optionalColumn(name, { kind: 'string' }));
  if (new Set(columns).size < columns.length) {
    throw usage('two columns of the file have the same name, expected different ones');
  }
  if (columns.includes(ROW_NUMBER_COLUMN)) return fields;
  return [...fields, optionalColumn(ROW_NUMBER_COLUMN, { kind: 'long' })];
}

function optionalColumn(name: string, type: Field['type']): Field {
  return { name, type, optional: true, aliases: [], examples: [], allowNan: false };
}

function missingFields(missing: readonly string[], options: RecordMapperOptions): SluiceError {
  const fields = missing.join(', ');
  return usage(
    `required fields of stream ${options.stream.name} without column or assignment: ${fields}; ` +
      `columns of the file are ${options.columns.join(', ')}; assign them like ${missing[0]}=<expression>`,
  );
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function usage(message: string): SluiceError {
  return new SluiceError('USAGE', message);
}
