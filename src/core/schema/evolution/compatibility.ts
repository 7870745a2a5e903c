import type { AvroEnum, AvroField, AvroRecord, AvroType } from '../avro-schema.ts';
import {
  attributeOf,
  baseTypeOf,
  isComplexType,
  isOptional,
  joinPath,
  kindOfType,
} from './avro-view.ts';

/** A schema change that would break someone, and the way out. */
export interface Incompatibility {
  /** Dotted path of the field as it is stored, `element` and `value` for parts of lists and maps. */
  readonly path: string;
  readonly change: string;
  readonly rule: string;
  readonly remedy: string;
  /** The mode that the rule belongs to, and the version it was held against; none for a rule of the table. */
  readonly mode?: string;
  readonly against?: number;
}

export interface CompatibilityOptions {
  /** True for the version just before: a required field of it may not disappear. */
  readonly latest: boolean;
}

/**
 * What keeps the new schema from reading records of an old one (BACKWARD), and what would leave a
 * required column without values. Call it with every earlier version: the buffer and the archive may
 * hold records of each. Stricter than Avro where a table could not follow: of Avro's promotions only
 * those that Iceberg shares are legal.
 * Sources: Avro 1.12 §Schema Resolution; Iceberg v2 §Schema Evolution.
 */
export function findIncompatibilities(
  reader: AvroRecord,
  writer: AvroRecord,
  options: CompatibilityOptions,
): readonly Incompatibility[] {
  return compareRecords(reader, writer, { ...options, path: '' });
}

interface Place extends CompatibilityOptions {
  readonly path: string;
}

function compareRecords(
  reader: AvroRecord,
  writer: AvroRecord,
  place: Place,
): readonly Incompatibility[] {
  const matched = new Set<string>();
  const found = reader.fields.flatMap((field) => {
    const at = { ...place, path: joinPath(place.path, field.name) };
    const old = writerFieldOf(field, writer);
    if (old === undefined) return missingInWriter(field, at);
    matched.add(old.name);
    return compareFields(field, old, at);
  });
  const removed = writer.fields.filter((field) => !matched.has(field.name));
  return [...found, ...removed.flatMap((field) => removedField(field, place))];
}

/** By name first, then by alias, as Avro readers look. */
function writerFieldOf(field: AvroField, writer: AvroRecord): AvroField | undefined {
  const names = [field.name, ...(field.aliases ?? [])];
  return names
    .map((name) => writer.fields.find((candidate) => candidate.name === name))
    .find((candidate) => candidate !== undefined);
}

function missingInWriter(field: AvroField, place: Place): readonly Incompatibility[] {
  if (isOptional(field) || field.default !== undefined) return [];
  return [
    {
      path: place.path,
      change: 'a required field without a default was added',
      rule: 'records written before do not have it, so the reader needs a value for it',
      remedy:
        'add "optional: true" or a "default"; if the field was renamed, list the earlier name (every one of them) in "aliases"',
    },
  ];
}

function removedField(field: AvroField, place: Place): readonly Incompatibility[] {
  if (!place.latest || isOptional(field)) return [];
  return [
    {
      path: joinPath(place.path, field.name),
      change: 'a required field was removed',
      rule: 'its column and its readers expect a value in every row',
      remedy:
        'make it optional in one version and remove it in the next; if it was renamed, list this name in "aliases" of the new field',
    },
  ];
}

function compareFields(
  reader: AvroField,
  writer: AvroField,
  place: Place,
): readonly Incompatibility[] {
  const found = compareTypes(baseTypeOf(reader), baseTypeOf(writer), place);
  if (isOptional(reader) || !isOptional(writer)) return found;
  const narrowed = {
    path: place.path,
    change: 'an optional field became required',
    rule: 'records written before may hold null',
    remedy:
      'keep "optional: true"; a quality rule "<field> is not null" can reject new rows without it',
  };
  return [...found, narrowed];
}

function compareTypes(
  reader: AvroType,
  writer: AvroType,
  place: Place,
): readonly Incompatibility[] {
  const readerKind = kindOfType(reader);
  const writerKind = kindOfType(writer);
  if (readerKind !== writerKind) {
    const widened = WIDENINGS.get(writerKind) === readerKind;
    return widened ? [] : [typeChanged(reader, writer, place)];
  }
  if (isComplexType(reader, 'record') && isComplexType(writer, 'record')) {
    return compareRecords(reader, writer, place);
  }
  if (isComplexType(reader, 'array') && isComplexType(writer, 'array')) {
    return compareTypes(reader.items, writer.items, inside(place, 'element'));
  }
  if (isComplexType(reader, 'map') && isComplexType(writer, 'map')) {
    return compareTypes(reader.values, writer.values, inside(place, 'value'));
  }
  if (isComplexType(reader, 'enum') && isComplexType(writer, 'enum')) {
    return compareEnums(reader, writer, place);
  }
  return compareAttributes(reader, writer, place);
}

/** Promotions that Avro readers and Iceberg tables share. */
const WIDENINGS: ReadonlyMap<string, string> = new Map([
  ['int', 'long'],
  ['float', 'double'],
]);

function typeChanged(reader: AvroType, writer: AvroType, place: Place): Incompatibility {
  return {
    path: place.path,
    change: `the type changed from ${kindOfType(writer)} to ${kindOfType(reader)}`,
    rule: 'a type may only widen: int to long, float to double, decimal to more digits',
    remedy: 'restore the type, or add a new field beside it',
  };
}

function compareEnums(
  reader: AvroEnum,
  writer: AvroEnum,
  place: Place,
): readonly Incompatibility[] {
  const removed = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
  if (removed.length === 0) return [];
  return [
    {
      path: place.path,
      change: `the enum lost ${removed.map((symbol) => `"${symbol}"`).join(', ')}`,
      rule: 'records written before may hold it',
      remedy: 'keep the symbol; a quality rule can reject new rows that use it',
    },
  ];
}

/** Decimals by their digits, money by its currency. */
function compareAttributes(
  reader: AvroType,
  writer: AvroType,
  place: Place,
): readonly Incompatibility[] {
  const [readerCurrency, writerCurrency] = [
    attributeOf(reader, 'currency'),
    attributeOf(writer, 'currency'),
  ];
  if (readerCurrency !== writerCurrency) {
    return [
      {
        path: place.path,
        change: `the currency changed from ${writerCurrency} to ${readerCurrency}`,
        rule: 'amounts of two currencies cannot share a column',
        remedy: 'restore the currency, or add a new field beside it',
      },
    ];
  }
  const [readerScale, writerScale] = [attributeOf(reader, 'scale'), attributeOf(writer, 'scale')];
  const fewerDigits =
    Number(attributeOf(reader, 'precision') ?? 0) < Number(attributeOf(writer, 'precision') ?? 0);
  return readerScale !== writerScale || fewerDigits ? [decimalChanged(reader, writer, place)] : [];
}

function decimalChanged(reader: AvroType, writer: AvroType, place: Place): Incompatibility {
  const text = (type: AvroType) =>
    `decimal(${attributeOf(type, 'precision')},${attributeOf(type, 'scale')})`;
  return {
    path: place.path,
    change: `the type changed from ${text(writer)} to ${text(reader)}`,
    rule: 'a decimal may gain digits before the point, nothing else: stored values are unscaled',
    remedy: `keep the scale ${attributeOf(writer, 'scale')} and at least ${attributeOf(writer, 'precision')} digits, or add a new field beside it`,
  };
}

function inside(place: Place, part: string): Place {
  return { ...place, path: joinPath(place.path, part) };
}
