import type { Stream } from '../config/project.ts';
import { hasCode, SluiceError } from '../errors.ts';
import { typeExpression } from '../expression/check-expression.ts';
import { suggest } from '../expression/closest-name.ts';
import { compileTyped } from '../expression/compile-expression.ts';
import { DATE, TIMESTAMP } from '../expression/expression-type.ts';
import { createFieldAssigner, type FieldAssigner } from '../expression/field-assignment.ts';
import { ROW_NUMBER_COLUMN } from '../expression/map-record.ts';
import { compileJsonReader } from '../ingest/json-row.ts';
import { isJsonNumber, isJsonObject, type Json, parseJson } from '../ingest/json-text.ts';
import { type Field, type Row, storedName, type Value } from '../schema/field.ts';
import type { FileFormat, FileRow } from './file-format.ts';
import { createDateReader, createTimestampReader, type FileTimes } from './file-times.ts';

/** Name of the file as expressions see it: its key below the entry's path. */
export const FILE_COLUMN = '_file';

/** How the rows of a file become events of a stream. */
export interface FileMapping {
  readonly format: FileFormat;
  readonly times: FileTimes;
  /** A value of this text is null. */
  readonly nullText: string;
  /** Field (money also by its stored name) to expression over the columns. */
  readonly select: readonly { readonly field: string; readonly expression: string }[];
}

export type MappedRow =
  | { readonly ok: true; readonly row: Row }
  /** `field`: where it is wrong; null when it is the row as a whole. Never a value. */
  | { readonly ok: false; readonly field: string | null; readonly reason: string };

export type FileRowMapper = (row: FileRow) => MappedRow;

/**
 * Compiles the mapping of one file, whose columns are known. A field without `select` is taken from the column of equal
 * name, else it gets its default, else null when it is optional. Throws USAGE and EXPRESSION_INVALID: no row of the file can be read.
 */
export function createFileRowMapper(
  stream: Pick<Stream, 'name' | 'fields' | 'identity'>,
  mapping: FileMapping,
  file: { readonly columns: readonly string[]; readonly name: string },
): FileRowMapper {
  if (mapping.format.kind === 'jsonl') return jsonMapper(stream, mapping, file.name);
  const { columns } = file;
  const fill = compileFields(stream, mapping, columns);
  return (row) => {
    if (row.problem !== null) return { ok: false, field: null, reason: row.problem };
    const input = inputOf(row, file.name);
    for (const [index, column] of columns.entries()) {
      const cell = row.cells[index];
      input[column] = cell === undefined || cell === mapping.nullText ? null : cell;
    }
    return fill(input);
  };
}

function inputOf(row: FileRow, fileName: string): Record<string, Value> {
  // Columns may have any name, __proto__ included: no prototype.
  const input: Record<string, Value> = Object.create(null);
  input[ROW_NUMBER_COLUMN] = BigInt(row.rowNumber);
  input[FILE_COLUMN] = fileName;
  return input;
}

/** Without `select` a line is an event as the ingestion API takes it; with it, its members are texts. */
function jsonMapper(
  stream: Pick<Stream, 'name' | 'fields' | 'identity'>,
  mapping: FileMapping,
  fileName: string,
): FileRowMapper {
  const columns = jsonColumns(stream, mapping.select);
  const read =
    mapping.select.length === 0
      ? plainReader(stream)
      : (json: Json, row: FileRow): MappedRow => fill(jsonInput(json, row), json);
  const fill =
    mapping.select.length === 0 ? () => NOT_USED : compileFields(stream, mapping, columns);
  const jsonInput = (json: Json, row: FileRow) => {
    const input = inputOf(row, fileName);
    for (const column of columns) {
      const text = isJsonObject(json) ? memberText(json.get(column)) : null;
      input[column] = text === mapping.nullText ? null : text;
    }
    return input;
  };
  return (row) => {
    if (row.problem !== null) return { ok: false, field: null, reason: row.problem };
    let json: Json;
    try {
      json = parseJson(row.cells[0] ?? '');
    } catch (error) {
      if (!hasCode(error, 'FORMAT_CORRUPT')) throw error;
      return { ok: false, field: null, reason: error.message };
    }
    if (!isJsonObject(json)) return { ok: false, field: null, reason: 'expected a JSON object' };
    return read(json, row);
  };
}

const NOT_USED: MappedRow = { ok: false, field: null, reason: '' };

function plainReader(
  stream: Pick<Stream, 'fields' | 'identity'>,
): (json: Json, row: FileRow) => MappedRow {
  const read = compileJsonReader(stream.fields, { identity: stream.identity });
  return (json) => {
    const result = read(json);
    if (result.ok) return result;
    const [first] = result.errors;
    const more = result.problems > 1 ? ` (and ${result.problems - 1} more)` : '';
    const path = first?.path ?? '';
    return {
      ok: false,
      field: path === '' ? null : path,
      reason: `expected ${first?.expected ?? 'another value'}${more}`,
    };
  };
}

/** Texts as they stand in the file; containers as JSON are nothing that a field could be read from. */
function memberText(json: Json | undefined): string | null {
  if (json === undefined || json === null) return null;
  if (typeof json === 'string') return json;
  if (typeof json === 'boolean') return String(json);
  return isJsonNumber(json) ? json.number : null;
}

/** Names an expression may use: the fields of the stream, and what stands in the expressions themselves. */
function jsonColumns(
  stream: Pick<Stream, 'fields'>,
  select: FileMapping['select'],
): readonly string[] {
  const names = stream.fields.flatMap((field) => [field.name, storedName(field)]);
  return [...new Set([...names, ...select.flatMap(({ expression }) => namesIn(expression))])];
}

/** Every word and every quoted name of an expression; those that are no columns do no harm. */
export function namesIn(expression: string): readonly string[] {
  const words = expression.replace(/'(?:[^']|'')*'/g, "''").match(/"(?:[^"]|"")+"|[A-Za-z_]\w*/g);
  return (words ?? [])
    .map((word) => (word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word))
    .filter((name) => name !== ROW_NUMBER_COLUMN && name !== FILE_COLUMN);
}

type FillRow = (input: Row, json?: Json) => MappedRow;

interface FillStep {
  readonly field: string;
  readonly key: string;
  /** Throws EXPRESSION_FAILED. */
  readonly fill: FieldAssigner;
}

function compileFields(
  stream: Pick<Stream, 'name' | 'fields'>,
  mapping: FileMapping,
  columns: readonly string[],
): FillRow {
  const steps = compileSteps(stream, mapping, columns);
  return (input) => {
    const row: Record<string, Value> = {};
    for (const { field, key, fill } of steps) {
      try {
        row[key] = fill(input);
      } catch (error) {
        if (!hasCode(error, 'EXPRESSION_FAILED')) throw error;
        const prefix = `field ${field}: `;
        const { message } = error;
        const reason = message.startsWith(prefix) ? message.slice(prefix.length) : message;
        return { ok: false, field, reason };
      }
    }
    return { ok: true, row };
  };
}

function compileSteps(
  stream: Pick<Stream, 'name' | 'fields'>,
  mapping: FileMapping,
  columns: readonly string[],
): readonly FillStep[] {
  const known = columnFields(columns);
  const isJson = mapping.format.kind === 'jsonl';
  const missing: string[] = [];
  const steps = stream.fields.map((field): FillStep => {
    const key = storedName(field);
    const selected = mapping.select.find(({ field: name }) => name === field.name || name === key);
    if (selected !== undefined) return compileStep(field, selected, { known, mapping });
    const column = [field.name, key].find((name) => columns.includes(name));
    if (column !== undefined) {
      const expression = `"${column.replaceAll('"', '""')}"`;
      const step = compileStep(field, { field: column, expression }, { known, mapping });
      if (!isJson || field.default === undefined) return step;
      return {
        ...step,
        fill: (input) => (input[column] === null ? (field.default ?? null) : step.fill(input)),
      };
    }
    if (field.default === undefined && !field.optional) missing.push(field.name);
    const value = field.default ?? null;
    return { field: field.name, key, fill: () => value };
  });
  const [first] = missing;
  if (first === undefined) return steps;
  throw new SluiceError(
    'USAGE',
    `required fields of stream ${stream.name} have no column: ${missing.join(', ')}${suggest(first, columns)}; ` +
      `columns of the file are ${columns.join(', ').slice(0, 500)}; select them from other columns`,
  );
}

function compileStep(
  field: Field,
  selected: { readonly field: string; readonly expression: string },
  context: { readonly known: readonly Field[]; readonly mapping: Pick<FileMapping, 'times'> },
): FillStep {
  const typed = typeExpression(selected.expression, context.known);
  const evaluate = compileTyped(typed, selected.expression);
  const inCents = field.type.kind === 'money' && selected.field === storedName(field);
  const read = typed.type.kind === 'string' ? timeReader(field, context.mapping.times) : null;
  const fill = createFieldAssigner(
    field,
    read === null
      ? { type: typed.type, evaluate, inCents }
      : { type: read.type, evaluate: (input) => read.read(evaluate(input)), inCents },
  );
  return { field: field.name, key: storedName(field), fill };
}

/** Texts of time fields are read as the entry says; null for other fields. */
function timeReader(field: Field, times: FileTimes) {
  const { kind } = field.type;
  const isTimestamp = kind === 'timestamp_micros' || kind === 'timestamp_millis';
  if (!isTimestamp && kind !== 'date') return null;
  const readText = isTimestamp ? createTimestampReader(times) : createDateReader(times);
  const read = (text: Value): Value => {
    if (typeof text !== 'string') return null;
    const result = readText(text);
    if ('value' in result) return result.value;
    throw new SluiceError('EXPRESSION_FAILED', `field ${field.name}: ${result.problem}`);
  };
  return { type: isTimestamp ? TIMESTAMP : DATE, read };
}

/** Columns as expressions see them: optional texts, the number of the row, the name of the file. */
export function columnFields(columns: readonly string[]): readonly Field[] {
  const field = (name: string, type: Field['type']): Field => {
    return { name, type, optional: true, aliases: [], examples: [], allowNan: false };
  };
  const added: Field[] = [
    field(ROW_NUMBER_COLUMN, { kind: 'long' }),
    field(FILE_COLUMN, { kind: 'string' }),
  ];
  return [
    ...columns.map((name) => field(name, { kind: 'string' })),
    ...added.filter(({ name }) => !columns.includes(name)),
  ];
}
