import { SluiceError } from '../errors.ts';
import type { Field, FieldType, Row, Value } from '../schema/field.ts';
import { createKeyedWalk, createZipf, normalAt } from './distributions.ts';
import { type GeneratorCall, parseGeneratorCall } from './generator-call.ts';
import type { RandomAccess } from './random-access.ts';

/** Value of one field for the event at `index`; `soFar` holds the fields made before it. */
export type FieldGenerator = (index: number, soFar: Row) => Value;

/** How often an optional field without a generator is missing. */
const MISSING_SHARE = 0.1;

/** The generator a domain file names, else one that fits type and examples. */
export function createFieldGenerator(
  field: Field,
  call: string | undefined,
  options: { readonly random: RandomAccess; readonly key: string },
): FieldGenerator {
  const random = options.random.derive(field.name);
  if (call !== undefined)
    return namedGenerator(field, parseGeneratorCall(call), { random, key: options.key });
  const derived = derivedGenerator(field, random);
  if (!field.optional) return derived;
  const presence = random.derive('presence');
  return (index, soFar) =>
    presence.uniformAt(index) < MISSING_SHARE ? null : derived(index, soFar);
}

function namedGenerator(
  field: Field,
  call: GeneratorCall,
  options: { readonly random: RandomAccess; readonly key: string },
): FieldGenerator {
  const { random, key } = options;
  const [a = 0, b = 0] = call.args.map(Number);
  switch (call.name) {
    case 'walk': {
      const walk = createKeyedWalk(random, { start: a, volatility: b });
      return (index, soFar) => fromNumber(field.type, walk(String(soFar[key] ?? ''), index));
    }
    case 'zipf': {
      const rank = createZipf(a);
      return (index) => nameOfRank(field, rank(random, index));
    }
    case 'uniform':
      return (index) => fromNumber(field.type, a + (b - a) * random.uniformAt(index));
    case 'normal':
      return (index) => fromNumber(field.type, a + b * normalAt(random, index));
    case 'lognormal':
      return (index) => fromNumber(field.type, a * Math.exp(b * normalAt(random, index)));
    case 'choice':
      return (index) =>
        fromText(field, call.args[Math.floor(random.uniformAt(index) * call.args.length)]!);
    case 'constant':
      return () => fromText(field, call.args[0]!);
  }
}

function derivedGenerator(field: Field, random: RandomAccess): FieldGenerator {
  const { type, examples } = field;
  if (examples.length > 0) {
    return (index) =>
      fromText(field, String(examples[Math.floor(random.uniformAt(index) * examples.length)]));
  }
  switch (type.kind) {
    case 'string':
      return (index) => `${field.name}-${Math.floor(random.uniformAt(index) * 100)}`;
    case 'enum':
      return (index) =>
        type.symbols[Math.floor(random.uniformAt(index) * type.symbols.length)] ?? null;
    case 'boolean':
      return (index) => random.uniformAt(index) < 0.5;
    case 'bytes':
      return (index) => Buffer.from(`${field.name}-${index}`);
    case 'list':
    case 'map':
    case 'record':
      return nestedGenerator(type, random);
    default:
      return (index) => fromNumber(type, 1000 * random.uniformAt(index));
  }
}

/** One element, one entry, or every field of the record. */
function nestedGenerator(
  type: Extract<FieldType, { kind: 'list' | 'map' | 'record' }>,
  random: RandomAccess,
): FieldGenerator {
  const inner = (name: string, innerType: FieldType): FieldGenerator =>
    derivedGenerator(
      { name, type: innerType, optional: false, aliases: [], examples: [], allowNan: false },
      random.derive(name),
    );
  if (type.kind === 'list') {
    const element = inner('element', type.element);
    return (index, soFar) => [element(index, soFar)];
  }
  if (type.kind === 'map') {
    const value = inner('value', type.value);
    return (index, soFar) => new Map([['key', value(index, soFar)]]);
  }
  const fields = type.fields.map((field) => [field.name, inner(field.name, field.type)] as const);
  return (index, soFar) =>
    Object.fromEntries(fields.map(([name, make]) => [name, make(index, soFar)]));
}

/** Days and microseconds count from 2026-01-01 for generated dates and times. */
const BASE_DAY = 20_454;
const MICROS_PER_SECOND = 1_000_000n;

/** A number as the field's type holds it; decimals and money are rounded to their unit. */
function fromNumber(type: FieldType, value: number): Value {
  switch (type.kind) {
    case 'float':
      return Math.fround(value);
    case 'double':
      return Number(value.toPrecision(8));
    case 'int':
      return Math.trunc(value);
    case 'long':
      return BigInt(Math.trunc(value));
    case 'money':
      return BigInt(Math.round(value * 100));
    case 'decimal':
      return (
        BigInt(Math.round(value * 10 ** Math.min(type.scale, 6))) *
        10n ** BigInt(Math.max(0, type.scale - 6))
      );
    case 'date':
      return BASE_DAY + Math.trunc(value);
    case 'timestamp_millis':
    case 'timestamp_micros':
      return (
        BigInt(BASE_DAY) * 86_400n * MICROS_PER_SECOND +
        BigInt(Math.trunc(value)) * MICROS_PER_SECOND
      );
    case 'boolean':
      return value >= 0.5;
    case 'string':
      return String(Math.trunc(value));
    default:
      throw new SluiceError(
        'CONFIG_INVALID',
        `generator: a number cannot fill a field of type ${type.kind}; use choice(…) or leave it out`,
      );
  }
}

function fromText(field: Field, text: string): Value {
  const { type } = field;
  if (type.kind === 'string') return text;
  if (type.kind === 'enum') {
    if (type.symbols.includes(text)) return text;
    throw new SluiceError(
      'CONFIG_INVALID',
      `generator of ${field.name}: expected one of ${type.symbols.join(', ')}, got "${text}"`,
    );
  }
  if (type.kind === 'boolean') return text === 'true';
  const value = Number(text);
  if (Number.isFinite(value)) return fromNumber(type, value);
  throw new SluiceError(
    'CONFIG_INVALID',
    `generator of ${field.name}: expected a ${type.kind}, got "${text}"`,
  );
}

const LETTERS = 26;
const NAME_SPACE = LETTERS ** 4;

/** Examples name the first ranks; later ones get four letters, no two alike (the factor has no common divisor with 26^4). */
function nameOfRank(field: Field, rank: number): Value {
  if (field.type.kind !== 'string') return fromNumber(field.type, rank);
  const example = field.examples[rank];
  if (example !== undefined) return String(example);
  let code = (rank * 7919 + 104_729) % NAME_SPACE;
  let name = '';
  for (let i = 0; i < 4; i++) {
    name += String.fromCharCode(65 + (code % LETTERS));
    code = Math.floor(code / LETTERS);
  }
  return name;
}
