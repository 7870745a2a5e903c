import { type ConfigPath, formatPath, quote } from '#core/config/source/config-issue.ts';
import { nearestName } from '#core/config/source/nearest-name.ts';
import {
  type Field,
  type FieldType,
  type Row,
  storedName,
  type Value,
} from '#core/schema/field.ts';
import { isScalar } from '#core/schema/type-mapping.ts';
import { scalarReader } from './json-scalar.ts';
import { isJsonNumber, isJsonObject, type Json, type JsonObject } from './json-text.ts';

/** One thing wrong with an event, at the place where its sender can correct it. */
export interface JsonError {
  /** `price`, `legs[2].price`; empty for the event itself. */
  readonly path: string;
  readonly expected: string;
  /** The value as it was sent, shortened. */
  readonly got: string;
}

export type JsonRow =
  | { readonly ok: true; readonly row: Row }
  /** The first MAX_ERRORS problems, and how many there are. */
  | { readonly ok: false; readonly errors: readonly JsonError[]; readonly problems: number };

/** More of one event nobody reads. */
export const MAX_ERRORS = 10;
/** Comparing names is slow, and a request may have any number of unknown keys: the first ones of an event, unless they are long. */
const MAX_SUGGESTIONS = 2;
const MAX_SUGGESTED_LENGTH = 32;

/**
 * Compiles the reader of a stream's events. A key is a field's name, or an earlier one; money is in units (`fee`: 12.34)
 * under its own name. A missing field gets its default, else null when it is optional. Values are read exactly or not at
 * all, and every problem of an event is reported. `identity` names top-level fields that may not be null.
 */
export function compileJsonReader(
  fields: readonly Field[],
  options: { readonly identity: readonly string[] },
): (json: Json) => JsonRow {
  const required = fields.map((field) =>
    options.identity.includes(field.name) ? { ...field, optional: false } : field,
  );
  const read = recordReader(required);
  return (json) => {
    const problems = new Problems();
    const row = read(json, problems);
    return problems.count === 0
      ? { ok: true, row: row as Row }
      : { ok: false, errors: problems.errors, problems: problems.count };
  };
}

/** Reads a value; what is wrong is reported, and the result then is of no use. */
type Reader = (json: Json, problems: Problems) => Value;

/** Collects problems; knows the place that is being read. */
class Problems {
  readonly errors: JsonError[] = [];
  count = 0;
  #suggestions = 0;
  readonly #path: (string | number)[] = [];

  within<T>(step: string | number, read: () => T): T {
    this.#path.push(step);
    const value = read();
    this.#path.pop();
    return value;
  }

  add(expected: string, got: string): null {
    this.count++;
    if (this.errors.length < MAX_ERRORS) {
      const path: ConfigPath = this.#path;
      this.errors.push({ path: formatPath(path), expected, got });
    }
    return null;
  }

  /** What was probably meant by a name. */
  suggest(name: string, candidates: readonly string[]): string {
    if (this.#suggestions >= MAX_SUGGESTIONS || name.length > MAX_SUGGESTED_LENGTH) return '';
    this.#suggestions++;
    const similar = candidates.filter(
      (candidate) => Math.abs(candidate.length - name.length) <= Math.max(1, candidate.length / 3),
    );
    const nearest = nearestName(name, similar);
    return nearest === null ? '' : `; did you mean ${quote(nearest)}?`;
  }
}

function typeReader(type: FieldType): Reader {
  if (isScalar(type)) {
    const { expected, read } = scalarReader(type);
    return (json, problems) => read(json) ?? problems.add(expected, describeJson(json));
  }
  switch (type.kind) {
    case 'list':
      return listReader(typeReader(type.element));
    case 'map':
      return mapReader(typeReader(type.value));
    case 'record':
      return recordReader(type.fields);
  }
}

function listReader(readElement: Reader): Reader {
  return (json, problems) => {
    if (!Array.isArray(json)) return problems.add('a list', describeJson(json));
    return json.map((element: Json, index) =>
      problems.within(index, () => readElement(element, problems)),
    );
  };
}

function mapReader(readEntry: Reader): Reader {
  return (json, problems) => {
    if (!isJsonObject(json)) return problems.add('an object', describeJson(json));
    const entries = new Map<string, Value>();
    for (const [key, entry] of json) {
      problems.within(key, () => {
        // As with string values: Avro cannot write it.
        if (!key.isWellFormed()) problems.add('a key without lone surrogates', quote(key));
        else entries.set(key, readEntry(entry, problems));
      });
    }
    return entries;
  };
}

interface FieldStep {
  readonly field: Field;
  readonly key: string;
  readonly read: Reader;
  /** Description of the type for a missing value. */
  readonly expected: string;
}

function recordReader(fields: readonly Field[]): Reader {
  const steps = fields.map(fieldStep);
  const names = fields.map((field) => field.name);
  const known = new Set(fields.flatMap((field) => [field.name, ...field.aliases]));
  return (json, problems) => {
    if (!isJsonObject(json)) return problems.add('an object', describeJson(json));
    const row: Record<string, Value> = {};
    for (const step of steps) {
      row[step.key] = problems.within(step.field.name, () => readField(step, json, problems));
    }
    for (const key of json.keys()) {
      if (!known.has(key)) problems.within(key, () => addUnknown(key, names, problems));
    }
    return row;
  };
}

function fieldStep(field: Field): FieldStep {
  const expected = isScalar(field.type)
    ? scalarReader(field.type).expected
    : CONTAINERS[field.type.kind];
  return { field, key: storedName(field), read: typeReader(field.type), expected };
}

const CONTAINERS = { list: 'a list', map: 'an object', record: 'an object' } as const;

function readField(step: FieldStep, object: JsonObject, problems: Problems): Value {
  const { field, read, expected } = step;
  const given = [field.name, ...field.aliases].filter((name) => object.has(name));
  const [name, other] = given;
  if (other !== undefined) return problems.add(`one of ${given.map(quote).join(', ')}`, 'more');
  const json = name === undefined ? undefined : object.get(name);
  if (json === undefined) {
    // A sender of an earlier schema version does not know the field: what readers of its records see holds for it too.
    if (field.default !== undefined) return field.default;
    return field.optional ? null : problems.add(expected, 'nothing');
  }
  if (json === null) return field.optional ? null : problems.add(expected, 'null');
  return read(json, problems);
}

function addUnknown(key: string, names: readonly string[], problems: Problems): void {
  const expected = `a field of the stream${problems.suggest(key, names)}`;
  problems.add(expected, 'an unknown field');
}

/** Longest part of a value that an error repeats. */
const MAX_SHOWN_LENGTH = 60;

/** A value as its sender wrote it, containers by their kind. */
export function describeJson(json: Json): string {
  if (json === null || typeof json === 'boolean') return String(json);
  if (typeof json === 'string') return quote(json);
  if (isJsonNumber(json)) {
    const { number } = json;
    return number.length > MAX_SHOWN_LENGTH ? `${number.slice(0, MAX_SHOWN_LENGTH)}…` : number;
  }
  if (isJsonObject(json)) return 'an object';
  return Array.isArray(json) ? 'a list' : 'the key more than once';
}
