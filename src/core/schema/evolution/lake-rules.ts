import { createRowDecoder } from '#core/avro/row-codec.ts';
import { hasCode } from '#core/errors.ts';
import type { AvroRecord } from '../avro-schema.ts';
import { type Field, storedName } from '../field.ts';
import { relaxReader } from '../lake-reader.ts';
import { findIncompatibilities, type Incompatibility } from './compatibility.ts';
import type { EarlierVersion } from './judge-change.ts';

/**
 * What the table refuses whatever the mode allows: producers of every version stand side by side, so that
 * the writer has to bring records of each into the same columns, and an amount keeps its currency.
 */
export function findUnreadable(
  next: AvroRecord,
  fields: readonly Field[],
  earlier: readonly EarlierVersion[],
): readonly Incompatibility[] {
  const byPath = new Map<string, Incompatibility>();
  for (const { version, schema } of earlier) {
    for (const path of currencyChanges(next, schema)) byPath.set(path, otherCurrency(path));
    for (const path of unreadableFields(next, fields, schema)) {
      if (!byPath.has(path)) byPath.set(path, unreadable(path, version));
    }
  }
  return [...byPath.values()];
}

function currencyChanges(next: AvroRecord, earlier: AvroRecord): readonly string[] {
  return findIncompatibilities(next, earlier, { latest: false })
    .filter(({ change }) => change.startsWith('the currency changed'))
    .map(({ path }) => path);
}

function otherCurrency(path: string): Incompatibility {
  return {
    path,
    change: 'the column would hold amounts of two currencies',
    rule: 'the table keeps every earlier row, and its column has no currency of its own per row',
    remedy: 'restore the currency, or add a new field beside it',
  };
}

/** Field by field, so that the one at fault is named. */
function unreadableFields(
  next: AvroRecord,
  fields: readonly Field[],
  earlier: AvroRecord,
): readonly string[] {
  const relaxed = relaxReader({ schema: next, fields }, earlier);
  return relaxed.schema.fields.flatMap((reader) => {
    const field = relaxed.fields.find((candidate) => storedName(candidate) === reader.name);
    if (field === undefined) return [];
    try {
      createRowDecoder({
        writerSchema: earlier,
        readerSchema: { ...relaxed.schema, fields: [reader] },
        fields: [field],
      });
      return [];
    } catch (error) {
      if (hasCode(error, 'SCHEMA_INCOMPATIBLE')) return [reader.name];
      throw error;
    }
  });
}

function unreadable(path: string, version: number): Incompatibility {
  return {
    path,
    change: `the column could not take values of version ${version}`,
    rule: 'the table has one column for every version, and producers of that version may still write',
    remedy: 'restore the type, or add a new field beside it',
  };
}
