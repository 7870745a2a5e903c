import { SluiceError } from '../errors.ts';
import { type Field, type FieldType, type Row, storedName, type Value } from '../schema/field.ts';
import { createKeyedWalk, createZipf, normalAt } from './distributions.ts';
import { numberValue, rankValue, textValue } from './generated-value.ts';
import { type GeneratorCall, parseGeneratorCall } from './generator-call.ts';
import type { RandomAccess } from './random-access.ts';

/** Value of one field for the event at `index`; `soFar` holds the fields made before it, by stored name. */
export type FieldGenerator = (index: number, soFar: Row) => Value;

export interface FieldGeneratorOptions {
  readonly random: RandomAccess;
  /** Stored name of the partition key: walks are kept per key. */
  readonly key: string;
}

/** How often an optional field without a generator is missing. */
const MISSING_SHARE = 0.1;

/**
 * The generator a domain file names, else one that fits type and examples.
 * Throws CONFIG_INVALID when the call does not parse or cannot fill the field's type.
 */
export function createFieldGenerator(
  field: Field,
  call: string | undefined,
  options: FieldGeneratorOptions,
): FieldGenerator {
  const random = options.random.derive(field.name);
  if (call !== undefined) {
    return namedGenerator(field, parseGeneratorCall(call), { random, key: options.key });
  }
  const derived = derivedGenerator(field, random);
  if (!field.optional) return derived;
  const presence = random.derive('presence');
  return (index, soFar) =>
    presence.uniformAt(index) < MISSING_SHARE ? null : derived(index, soFar);
}

/** What is wrong with a generator call for a field, or null. */
export function checkGeneratorCall(call: string, field: Field): string | null {
  const constant: RandomAccess = { uniformAt: () => 0.5, derive: () => constant };
  try {
    createFieldGenerator(field, call, { random: constant, key: field.name })(0, {});
    return null;
  } catch (error) {
    if (error instanceof SluiceError) return error.message;
    throw error;
  }
}

function namedGenerator(
  field: Field,
  call: GeneratorCall,
  { random, key }: FieldGeneratorOptions,
): FieldGenerator {
  if (call.kind === 'text') {
    return pickOne(
      call.args.map((text) => textValue(field, text)),
      random,
    );
  }
  const [first = 0, second = 0] = call.args;
  const toValue = (value: number): Value => numberValue(field, value);
  switch (call.name) {
    case 'walk': {
      const walk = createKeyedWalk(random, { start: first, volatility: second });
      return (index, soFar) => toValue(walk(String(soFar[key] ?? ''), index));
    }
    case 'zipf': {
      const rank = createZipf(first);
      return (index) => rankValue(field, rank(random, index));
    }
    case 'uniform':
      return (index) => toValue(first + (second - first) * random.uniformAt(index));
    case 'normal':
      return (index) => toValue(first + second * normalAt(random, index));
    case 'lognormal':
      return (index) => toValue(first * Math.exp(second * normalAt(random, index)));
    case 'sequence':
      return (index) => toValue(first + index);
  }
}

function derivedGenerator(field: Field, random: RandomAccess): FieldGenerator {
  const { type, examples } = field;
  if (examples.length > 0) {
    return pickOne(
      examples.map((example) => textValue(field, String(example))),
      random,
    );
  }
  switch (type.kind) {
    case 'string':
      return (index) => `${field.name}-${Math.floor(random.uniformAt(index) * 100)}`;
    case 'enum':
      return pickOne(type.symbols, random);
    case 'boolean':
      return (index) => random.uniformAt(index) < 0.5;
    case 'bytes':
      return (index) => new Uint8Array(Buffer.from(`${field.name}-${index}`));
    case 'list':
    case 'map':
    case 'record':
      return nestedGenerator(type, random);
    default:
      return (index) => numberValue(field, 1_000 * random.uniformAt(index));
  }
}

function pickOne(values: readonly Value[], random: RandomAccess): FieldGenerator {
  return (index) => values[Math.floor(random.uniformAt(index) * values.length)] ?? null;
}

/** One element, one entry, or every field of the record. */
function nestedGenerator(
  type: Extract<FieldType, { kind: 'list' | 'map' | 'record' }>,
  random: RandomAccess,
): FieldGenerator {
  if (type.kind === 'list') {
    const element = derivedGenerator(plainField('element', type.element), random.derive('element'));
    return (index, soFar) => [element(index, soFar)];
  }
  if (type.kind === 'map') {
    const value = derivedGenerator(plainField('value', type.value), random.derive('value'));
    return (index, soFar) => new Map([['key', value(index, soFar)]]);
  }
  const makers = type.fields.map((field) => ({
    name: storedName(field),
    make: derivedGenerator(field, random.derive(field.name)),
  }));
  return (index, soFar) => {
    const record: Record<string, Value> = {};
    for (const { name, make } of makers) record[name] = make(index, soFar);
    return record;
  };
}

function plainField(name: string, type: FieldType): Field {
  return { name, type, optional: false, aliases: [], examples: [], allowNan: false };
}
