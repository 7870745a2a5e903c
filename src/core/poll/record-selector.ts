import type { PollSelection } from '#core/config/connector.ts';
import { hasCode, SluiceError } from '#core/errors.ts';
import { createFieldAssigner } from '#core/expression/field-assignment.ts';
import { parseExpression } from '#core/expression/syntax/parse-expression.ts';
import { exactNumber } from '#core/ingest/exact-number.ts';
import { compileJsonReader } from '#core/ingest/json-row.ts';
import { isJsonObject, type Json } from '#core/ingest/json-text.ts';
import { type Field, type Row, storedName, type Value } from '#core/schema/field.ts';
import { isScalar } from '#core/schema/type-mapping.ts';
import { type CompileJsonPath, type JsonDocument, partsAt } from './json-document.ts';
import { memberPath, RecordProblem } from './record-members.ts';
import { compileRecordValue, isJsonPath } from './record-value.ts';

export type SelectedRecord =
  | { readonly ok: true; readonly row: Row }
  /** What is wrong with the record, field by field; never a value. */
  | { readonly ok: false; readonly reason: string };

export type RecordSelector = (record: JsonDocument) => SelectedRecord;

/** What the selection is made for. */
export interface SelectedStream {
  readonly fields: readonly Field[];
  readonly identity: readonly string[];
}

/**
 * Compiles `select`: each field from its expression or path, the others from their default or null. Texts and numbers
 * are read as the field's type without loss. Throws EXPRESSION_INVALID; `context.field` names the field.
 */
export function createRecordSelector(
  stream: SelectedStream,
  select: readonly PollSelection[],
  compilePath: CompileJsonPath,
): RecordSelector {
  const steps = stream.fields.map((field): FillStep => {
    const selection = select.find(({ field: name }) =>
      [field.name, storedName(field)].includes(name),
    );
    const key = storedName(field);
    if (selection === undefined)
      return { key, name: field.name, fill: () => field.default ?? null };
    const required = stream.identity.includes(field.name) ? { ...field, optional: false } : field;
    return {
      key,
      name: field.name,
      fill: placed(field, () => compileFill(required, selection, compilePath)),
    };
  });
  return (record) => selectRow(record, steps);
}

interface FillStep {
  readonly key: string;
  readonly name: string;
  readonly fill: Fill;
}

type Fill = (record: JsonDocument) => Value;

function selectRow(record: JsonDocument, steps: readonly FillStep[]): SelectedRecord {
  if (!isJsonObject(record.exact))
    return { ok: false, reason: 'expected an object, got another value' };
  const row: Record<string, Value> = {};
  const problems: string[] = [];
  for (const { key, name, fill } of steps) {
    try {
      row[key] = fill(record);
    } catch (error) {
      problems.push(problemOf(error, name));
    }
  }
  return problems.length === 0 ? { ok: true, row } : { ok: false, reason: problems.join('; ') };
}

/** Rethrows what is no problem of the record. */
function problemOf(error: unknown, field: string): string {
  if (error instanceof RecordProblem) return `field ${field}: ${error.message}`;
  if (!hasCode(error, 'EXPRESSION_FAILED')) throw error;
  return error.message.startsWith('field ') ? error.message : `field ${field}: ${error.message}`;
}

function placed(field: Field, compile: () => Fill): Fill {
  try {
    return compile();
  } catch (error) {
    if (!hasCode(error, 'EXPRESSION_INVALID')) throw error;
    throw new SluiceError('EXPRESSION_INVALID', error.message, {
      context: { ...error.context, field: field.name },
      cause: error,
    });
  }
}

function compileFill(field: Field, selection: PollSelection, compilePath: CompileJsonPath): Fill {
  if (!isScalar(field.type)) return containerFill(field, selection, compilePath);
  const value = compileRecordValue(selection.from, compilePath);
  if (selection.epoch !== null) return epochFill(field, selection.epoch, value);
  const assign = createFieldAssigner(field, {
    type: value.type,
    evaluate: (input) => input['value'] ?? null,
    inCents: field.type.kind === 'money' && selection.field === storedName(field),
  });
  return (record) => assign({ value: value.evaluate(record) });
}

/** Lists, maps and records come from one place of the record, in the form that the ingestion API takes. */
function containerFill(
  field: Field,
  { from, epoch }: PollSelection,
  compilePath: CompileJsonPath,
): Fill {
  if (epoch !== null) throw invalid(`has type ${field.type.kind}, which is no time since 1970`);
  const find = placeFinder(from, compilePath);
  const read = compileJsonReader([{ ...field, aliases: [] }], { identity: [] });
  return (record) => {
    const found = find(record);
    const json = field.type.kind === 'list' ? found : found?.[0];
    const value = read(new Map(json === undefined || json === null ? [] : [[field.name, json]]));
    if (value.ok) return value.row[storedName(field)] ?? null;
    const [first] = value.errors;
    throw new RecordProblem(`${first?.path ?? ''}: expected ${first?.expected ?? 'another value'}`);
  };
}

/** The value at a place as a list of one, the items of a list, or null when nothing is there. */
function placeFinder(
  from: string,
  compilePath: CompileJsonPath,
): (record: JsonDocument) => readonly Json[] | null {
  const text = isJsonPath(from) ? from : memberJsonPath(from);
  const path = compilePath(text);
  return (record) => {
    const parts = partsAt(record, path).map(({ exact }) => exact);
    if (!path.singular) return parts;
    const [part] = parts;
    if (part === undefined || part === null) return null;
    return Array.isArray(part) ? (part as readonly Json[]) : [part];
  };
}

/** `a.b` as JSONPath: containers are taken as they are, so nothing can be computed from them. */
function memberJsonPath(text: string): string {
  const names = memberPath(parseExpression(text));
  if (names === null) throw invalid('takes a list or object as it is: name a member or a JSONPath');
  return `$${names.map((name) => `[${JSON.stringify(name)}]`).join('')}`;
}

/** Ten to this power of a unit's numbers is microseconds. */
const EPOCH_SCALES = { s: 6, ms: 3, us: 0 } as const;

function epochFill(
  field: Field,
  unit: NonNullable<PollSelection['epoch']>,
  value: ReturnType<typeof compileRecordValue>,
): Fill {
  const isTime = field.type.kind === 'timestamp_micros' || field.type.kind === 'timestamp_millis';
  if (!isTime)
    throw invalid(`has type ${field.type.kind}, expected a timestamp for a time since 1970`);
  if (!['string', 'int', 'long'].includes(value.type.kind)) {
    throw invalid('needs a whole number or its text for a time since 1970');
  }
  const stepMicros = field.type.kind === 'timestamp_millis' ? 1_000n : 1n;
  return (record) => {
    const given = value.evaluate(record);
    if (given === null) {
      if (field.optional) return null;
      throw new RecordProblem('no value, expected a time');
    }
    const micros = epochMicros(String(given), unit);
    if (micros === null) throw new RecordProblem(`expected a number of ${unit} since 1970`);
    return micros - (((micros % stepMicros) + stepMicros) % stepMicros);
  };
}

/** Finer parts than a microsecond are cut off. */
function epochMicros(text: string, unit: NonNullable<PollSelection['epoch']>): bigint | null {
  if (unit !== 'ns') return exactNumber(text, EPOCH_SCALES[unit]);
  const nanos = exactNumber(text, 0);
  return nanos === null ? null : nanos / 1_000n;
}

function invalid(message: string): SluiceError {
  return new SluiceError('EXPRESSION_INVALID', message, { context: { column: 1 } });
}
