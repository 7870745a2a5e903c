import { describe } from 'vitest';
import type { ManifestEntry } from '#core/iceberg/spec/manifest-entry.ts';
import { encodeSingleValue } from '#core/iceberg/spec/single-value.ts';
import { struct, structs, withFooter } from '../edit-footer.ts';
import {
  manifestOf,
  objectAt,
  present,
  type TableFiles,
  withEntry,
  withObject,
} from '../sound-table.ts';
import { finds } from './finds.ts';

describe('data files in manifests', () => {
  type File = ManifestEntry['file'];
  const file = (edit: (file: File) => Partial<File>) => (t: TableFiles) =>
    withEntry(t, 'newest', (entry) => ({ file: { ...entry.file, ...edit(entry.file) } }));
  const put = <T>(
    map: ReadonlyMap<number, T>,
    id: number,
    value: T | null,
  ): ReadonlyMap<number, T> => {
    const changed = new Map(map);
    if (value === null) changed.delete(id);
    else changed.set(id, value);
    return changed;
  };
  const long = (value: bigint) => encodeSingleValue('long', value);
  finds(
    [
      [
        'a path without a scheme',
        file(() => ({ filePath: '/data/a.parquet' })),
        'a URI with a scheme',
      ],
      [
        'a path in another table',
        file(() => ({ filePath: 's3://lake/other/a.parquet' })),
        'expected a file below',
      ],
      [
        'a file that is gone',
        (t) => withObject(t, present(manifestOf(t, 'newest').entries[0]).file.filePath, null),
        'expected the file to exist',
      ],
      ['no record', file(() => ({ recordCount: 0n })), 'expected records, got 0'],
      [
        'a record too many',
        file(({ recordCount }) => ({ recordCount: recordCount + 1n })),
        'expected record_count',
      ],
      ['no size', file(() => ({ fileSizeBytes: 0n })), 'expected a size, got 0'],
      [
        'a byte too many',
        file(({ fileSizeBytes }) => ({ fileSizeBytes: fileSizeBytes + 1n })),
        'expected file_size_in_bytes',
      ],
      [
        'split offsets out of order',
        file(() => ({ splitOffsets: [9n, 4n] })),
        'split offsets in order',
      ],
      [
        'a split offset behind the end',
        file(({ fileSizeBytes }) => ({ splitOffsets: [4n, fileSizeBytes] })),
        'split offsets inside the file',
      ],
      [
        'a split offset of no row group',
        file(() => ({ splitOffsets: [4n, 100n] })),
        'expected split offsets 4, got 4,100',
      ],
      [
        'metrics of no column',
        file(({ valueCounts }) => ({ valueCounts: put(valueCounts, 99, 1n) })),
        'primitive columns of the table only',
      ],
      [
        'metrics of a list',
        file(({ valueCounts }) => ({ valueCounts: put(valueCounts, 20, 1n) })),
        'primitive columns of the table only',
      ],
      [
        'a column size too many',
        file(({ columnSizes }) => ({ columnSizes: put(columnSizes, 1, 9_999_999n) })),
        'expected columns of at most',
      ],
      [
        'a wrong column size',
        file(({ columnSizes }) => ({ columnSizes: put(columnSizes, 1, 1n) })),
        'expected column_sizes',
      ],
      [
        'no column size',
        file(({ columnSizes }) => ({ columnSizes: put(columnSizes, 1, null) })),
        'expected column size, value count and null count',
      ],
      [
        'a wrong value count',
        file(({ valueCounts }) => ({ valueCounts: put(valueCounts, 4, 99n) })),
        'expected one value per record',
      ],
      [
        'a wrong value count inside a list',
        file(({ valueCounts }) => ({ valueCounts: put(valueCounts, 52, 99n) })),
        'expected value_counts',
      ],
      [
        'a negative count',
        file(({ nullValueCounts }) => ({ nullValueCounts: put(nullValueCounts, 4, -1n) })),
        'counts of 0 or more',
      ],
      [
        'no null count',
        file(({ nullValueCounts }) => ({ nullValueCounts: put(nullValueCounts, 4, null) })),
        'expected column size, value count and null count',
      ],
      [
        'more nulls than values',
        file(({ nullValueCounts }) => ({ nullValueCounts: put(nullValueCounts, 4, 99n) })),
        'nulls and NaNs, got 99',
      ],
      [
        'a null in a required column',
        file(({ nullValueCounts }) => ({ nullValueCounts: put(nullValueCounts, 1, 1n) })),
        'no null in a required column',
      ],
      [
        'a wrong null count',
        file(({ nullValueCounts, recordCount }) => ({
          nullValueCounts: put(
            nullValueCounts,
            6,
            nullValueCounts.get(6) === 0n ? recordCount : 0n,
          ),
        })),
        'expected null_value_counts',
      ],
      [
        'a NaN count of a text',
        file(({ nanValueCounts }) => ({ nanValueCounts: put(nanValueCounts, 14, 0n) })),
        'a NaN count of floats and doubles only',
      ],
      [
        'no NaN count of a double',
        file(({ nanValueCounts }) => ({ nanValueCounts: put(nanValueCounts, 8, null) })),
        'expected a NaN count',
      ],
      [
        'no lower bound',
        file(({ lowerBounds }) => ({ lowerBounds: put(lowerBounds, 1, null) })),
        'a lower bound of the values',
      ],
      [
        'no upper bound',
        file(({ upperBounds }) => ({ upperBounds: put(upperBounds, 1, null) })),
        'an upper bound of the values',
      ],
      [
        'a lower bound above the values',
        file(({ lowerBounds, upperBounds }) => ({
          lowerBounds: put(lowerBounds, 16, present(upperBounds.get(16))),
          upperBounds: put(upperBounds, 16, long(2n ** 62n)),
        })),
        "expected the footer's",
      ],
      [
        'an upper bound above the values',
        file(({ upperBounds }) => ({ upperBounds: put(upperBounds, 1, long(2n ** 62n)) })),
        "expected the footer's maximum",
      ],
      [
        'a bound of the wrong length',
        file(({ lowerBounds }) => ({ lowerBounds: put(lowerBounds, 2, Uint8Array.of(1)) })),
        'got 1 bytes',
      ],
      [
        'a bound of a text that is no UTF-8',
        file(({ lowerBounds }) => ({ lowerBounds: put(lowerBounds, 3, Uint8Array.of(0xff)) })),
        'not UTF-8',
      ],
      [
        'a decimal bound with a byte too many',
        file(({ lowerBounds }) => ({
          lowerBounds: put(
            lowerBounds,
            10,
            Uint8Array.from([0, 0, ...present(lowerBounds.get(1)).slice(0, 1)]),
          ),
        })),
        'in as few bytes',
      ],
      [
        'NaN as a bound',
        file(({ upperBounds }) => ({
          upperBounds: put(upperBounds, 8, encodeSingleValue('double', Number.NaN)),
        })),
        'no NaN as a bound',
      ],
      [
        'zero bounds the wrong way round',
        file(({ lowerBounds, upperBounds }) => ({
          lowerBounds: put(lowerBounds, 8, encodeSingleValue('double', 0)),
          upperBounds: put(upperBounds, 8, encodeSingleValue('double', -0)),
        })),
        '-0 as a lower and 0 as an upper bound',
      ],
      [
        'bounds the wrong way round',
        file(({ lowerBounds, upperBounds }) => ({
          lowerBounds: put(lowerBounds, 2, present(upperBounds.get(2))),
          upperBounds: put(upperBounds, 2, long(0n)),
        })),
        'not to exceed the upper one',
      ],
      [
        'bounds of nothing but nulls',
        file(({ nullValueCounts, recordCount, lowerBounds }) => ({
          nullValueCounts: put(nullValueCounts, 14, recordCount),
          lowerBounds: put(lowerBounds, 14, Uint8Array.of(65)),
        })),
        'no bounds where every value is null',
      ],
      [
        'bounds inside a list',
        file(({ lowerBounds }) => ({ lowerBounds: put(lowerBounds, 52, Uint8Array.of(65)) })),
        'no bounds inside lists and maps',
      ],
      [
        'another day than the rows have',
        file(({ partition }) => ({ partition: [Number(partition[0]) + 1, ...partition.slice(1)] })),
        "by the column's bounds",
      ],
      [
        'a bucket that does not exist',
        file(({ partition }) => ({ partition: [partition[0] ?? 0, 2, partition[2] ?? ''] })),
        'a bucket below 2, got 2',
      ],
      [
        'a shortened text that is none of the rows',
        file(({ partition }) => ({ partition: [partition[0] ?? 0, partition[1] ?? 0, 'zzz'] })),
        'partition kind_trunc',
      ],
      [
        'no partition value of rows with values',
        file(({ partition }) => ({ partition: [null, ...partition.slice(1)] })),
        'expected a value, got null',
      ],
    ],
    { readData: true },
  );
});

describe('Parquet footers', () => {
  const footer = (edit: Parameters<typeof withFooter>[1]) => (t: TableFiles) => withFooter(t, edit);
  /** Schema elements by name, columns of the first row group by place. */
  const element = (name: string, edit: (element: Map<number, never>) => void) =>
    footer((root) => {
      const found = structs(root, 2).find(
        (each) => Buffer.from(each.get(4) as Uint8Array).toString() === name,
      );
      edit(present(found) as Map<number, never>);
    });
  const column = (place: number, edit: (column: ReturnType<typeof struct>) => void) =>
    footer((root) => edit(struct(present(structs(present(structs(root, 4)[0]), 1)[place]), 3)));
  const path = (t: TableFiles) => present(manifestOf(t, 'newest').entries[0]).file.filePath;
  finds(
    [
      [
        'bytes that are no Parquet',
        (t) =>
          withObject(
            t,
            path(t),
            objectAt(t, path(t)).map((byte, index) => (index < 4 ? 0 : byte)),
          ),
        'expected "PAR1" at both ends',
      ],
      [
        'a footer that is damaged',
        (t) => withObject(t, path(t), damagedFooter(objectAt(t, path(t)))),
        'parquet footer:',
      ],
      [
        'a file cut off',
        (t) => withObject(t, path(t), objectAt(t, path(t)).subarray(0, 500)),
        'expected "PAR1" at both ends',
      ],
      [
        'a record count that differs',
        footer((root) => root.set(3, 99n)),
        'expected record_count 99',
      ],
      [
        'a row group that differs',
        footer((root) => present(structs(root, 4)[0]).set(3, 99n)),
        '(99 in row groups)',
      ],
      ['no column orders', footer((root) => root.set(7, [])), 'column orders, got 0'],
      [
        'a column without its field id',
        element('big', (each) => each.delete(9)),
        'optional INT64 big = 6',
      ],
      [
        'a column with the field id of another',
        element('big', (each) => each.set(9, 7n as never)),
        'got optional INT64 big = 7',
      ],
      [
        'a required column that is optional',
        element('id', (each) => each.set(3, 1n as never)),
        'got optional INT64 id = 1',
      ],
      [
        'another physical type',
        element('big', (each) => each.set(1, 1n as never)),
        'got optional INT32 big = 6',
      ],
      [
        'a text without its logical type',
        element('text', (each) => each.delete(10)),
        'got optional BYTE_ARRAY text = 14',
      ],
      [
        'a timestamp in UTC',
        element('at', (each) => struct(struct(each as never, 10), 8).set(1, true)),
        'TIMESTAMP(MICROS, UTC)',
      ],
      [
        'a decimal of another scale',
        element('price', (each) => struct(struct(each as never, 10), 5).set(1, 3n)),
        'DECIMAL(9, 3)',
      ],
      [
        'a list of two levels',
        element('list', (each) => each.set(4, Buffer.from('array') as never)),
        'repeated group of 1 array',
      ],
      [
        'a column by another name',
        element('big', (each) => each.set(4, Buffer.from('bigger') as never)),
        'INT64 bigger = 6',
      ],
      [
        'another schema under iceberg.schema',
        footer((root) => present(structs(root, 5)[0]).set(2, Buffer.from('{"fields":[]}'))),
        'under the key iceberg.schema',
      ],
      [
        'a column chunk of another column',
        column(0, (each) => each.set(3, [Buffer.from('other')])),
        'expected column chunks of id',
      ],
      [
        'a column size that differs',
        column(0, (each) => each.set(7, 1n)),
        'expected column_sizes 1',
      ],
      [
        'a value count that differs',
        column(0, (each) => each.set(5, 99n)),
        'expected value_counts 99',
      ],
      [
        'a null count that differs',
        column(0, (each) => struct(each, 12).set(3, 99n)),
        'expected null_value_counts 99',
      ],
      [
        'a minimum that differs',
        column(0, (each) => struct(each, 12).set(6, Buffer.alloc(8))),
        "expected the footer's minimum 0",
      ],
      [
        'a maximum that differs',
        column(1, (each) => struct(each, 12).set(5, Buffer.alloc(8))),
        "expected the footer's maximum 0",
      ],
      [
        'a maximum of a text above the bound',
        column(2, (each) => struct(each, 12).set(5, Buffer.from('\u{10ffff}'))),
        "expected the footer's maximum \u{10ffff}",
      ],
    ],
    { readData: true },
  );
});

function damagedFooter(file: Uint8Array): Uint8Array {
  const damaged = Buffer.from(file);
  const length = damaged.readUInt32LE(damaged.length - 8);
  damaged.fill(0xff, damaged.length - 8 - length, damaged.length - length);
  return damaged;
}
