import { isJsonNumber, isJsonObject, type Json, parseJson } from '#core/ingest/json-text.ts';

/** A JSON text read twice: as plain values, which JSONPath knows, and exactly, which the values are taken from. */
export interface JsonDocument {
  readonly plain: unknown;
  /** Numbers keep their digits. */
  readonly exact: Json;
}

/** Keys and indexes from the root to a value. */
export type JsonPlace = readonly (string | number)[];

/** A compiled JSONPath (RFC 9535). */
export interface JsonPath {
  /** At most one place, whatever the document (RFC 9535 §2.3.5.1). */
  readonly singular: boolean;
  find(plain: unknown): readonly JsonPlace[];
}

/** Compiles a JSONPath; the library is brought in from outside. Throws EXPRESSION_INVALID. */
export type CompileJsonPath = (path: string) => JsonPath;

/** Throws FORMAT_CORRUPT when the text is no JSON or nests too deeply. */
export function readJsonDocument(text: string): JsonDocument {
  const exact = parseJson(text);
  return { exact, plain: JSON.parse(text) };
}

/** The parts of a document at the places of a path, in its order. */
export function partsAt(document: JsonDocument, path: JsonPath): readonly JsonDocument[] {
  return path.find(document.plain).map((place) => place.reduce(stepInto, document));
}

/** A member or item; null stands for what is not there. */
export function stepInto(document: JsonDocument, step: string | number): JsonDocument {
  const { exact, plain } = document;
  const exactPart = isJsonObject(exact)
    ? exact.get(String(step))
    : Array.isArray(exact)
      ? (exact[Number(step)] as Json | undefined)
      : undefined;
  const isContainer = typeof plain === 'object' && plain !== null;
  const plainPart: unknown =
    isContainer && Object.hasOwn(plain, step)
      ? (plain as Record<string | number, unknown>)[step]
      : null;
  return { exact: exactPart ?? null, plain: plainPart };
}

/** The items of a list. */
export function itemsOf({ exact, plain }: JsonDocument): readonly JsonDocument[] {
  if (!Array.isArray(exact) || !Array.isArray(plain)) return [];
  return exact.map((item: Json, index) => ({ exact: item, plain: plain[index] as unknown }));
}

/** The document as JSON text, numbers with the digits they came with; of a key that stands twice the last value. */
export function jsonTextOf({ exact, plain }: JsonDocument): string {
  if (exact === null || typeof exact === 'boolean' || typeof exact === 'string') {
    return JSON.stringify(exact);
  }
  if (isJsonNumber(exact)) return exact.number;
  if (Array.isArray(exact)) return `[${itemsOf({ exact, plain }).map(jsonTextOf).join(',')}]`;
  if (!isJsonObject(exact)) return JSON.stringify(plain) ?? 'null';
  const members = [...exact.keys()].map(
    (key) => `${JSON.stringify(key)}:${jsonTextOf(stepInto({ exact, plain }, key))}`,
  );
  return `{${members.join(',')}}`;
}
