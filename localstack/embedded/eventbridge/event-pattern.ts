import { PatternError } from './pattern-error.ts';
import { type LeafTest, parseLeaf } from './pattern-leaf.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Decides about an event as it was parsed from JSON. */
export type EventMatcher = (event: unknown) => boolean;

const MAX_PATTERN_BYTES = 4096;

/**
 * Reads an event pattern: fields must all match, values of a list are alternatives, a list in the event matches when any
 * of its elements does. Throws PatternError. Source: EventBridge user guide, "Creating Amazon EventBridge event patterns".
 */
export function parseEventPattern(text: string): EventMatcher {
  if (Buffer.byteLength(text) > MAX_PATTERN_BYTES) {
    throw new PatternError(`the pattern is longer than ${MAX_PATTERN_BYTES} bytes`);
  }
  let pattern: unknown;
  try {
    pattern = JSON.parse(text);
  } catch {
    throw new PatternError('expected JSON');
  }
  if (!isObject(pattern)) throw new PatternError('Filter is not an object');
  if (Object.keys(pattern).length === 0) throw new PatternError('Empty patterns are not allowed');
  return parseObject(pattern, []);
}

function parseObject(pattern: JsonObject, path: readonly string[]): EventMatcher {
  const tests = Object.entries(pattern).map(([name, value]) =>
    name === '$or' && isAlternatives(value)
      ? parseAlternatives(value, path)
      : parseField(name, value, [...path, name]),
  );
  if (tests.length === 0) throw new PatternError(`"${path.join('.')}" is an empty object`);
  return (event) => tests.every((test) => test(event));
}

function isAlternatives(value: unknown): value is readonly JsonObject[] {
  return Array.isArray(value) && value.length > 1 && value.every(isObject);
}

function parseAlternatives(
  alternatives: readonly JsonObject[],
  path: readonly string[],
): EventMatcher {
  const tests = alternatives.map((alternative) => parseObject(alternative, path));
  return (event) => tests.some((test) => test(event));
}

function parseField(name: string, value: unknown, path: readonly string[]): EventMatcher {
  if (isObject(value)) {
    const test = parseObject(value, path);
    return (event) =>
      elementsOf(fieldOf(event, name)).some(test) || matchesAbsent(test, event, name);
  }
  if (!Array.isArray(value)) {
    throw new PatternError(`"${path.join('.')}" must be an object or an array`);
  }
  if (value.length === 0) throw new PatternError('Empty arrays are not allowed');
  const tests: readonly LeafTest[] = value.map((leaf) => parseLeaf(leaf, path.join('.')));
  return (event) => {
    const values = elementsOf(fieldOf(event, name)).filter((each) => !isObject(each));
    return tests.some((test) => test(values));
  };
}

/** `exists: false` holds below a field that is not there at all. */
function matchesAbsent(test: EventMatcher, event: unknown, name: string): boolean {
  return fieldOf(event, name) === undefined && test({});
}

function fieldOf(event: unknown, name: string): unknown {
  return isObject(event) && Object.hasOwn(event, name) ? event[name] : undefined;
}

/** The values of a field: the elements of a list, nested ones too; none when it is not there. */
function elementsOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.flatMap(elementsOf) : [value];
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
