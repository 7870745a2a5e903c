import { describe, expect, it } from 'vitest';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import { encodeSingleValue } from '#core/iceberg/spec/single-value.ts';
import { type ColumnRange, widenRange } from '#embedded/athena/metadata-tables/column-ranges.ts';

const ID = 1;

function file(values: {
  readonly rows?: bigint;
  readonly nulls?: bigint;
  readonly lower?: bigint;
  readonly upper?: bigint;
  readonly nans?: bigint;
  readonly partition?: DataFile['partition'];
}): DataFile {
  const bound = (value: bigint | undefined): [number, Uint8Array][] =>
    value === undefined ? [] : [[ID, encodeSingleValue('long', value)]];
  const count = (value: bigint | undefined): [number, bigint][] =>
    value === undefined ? [] : [[ID, value]];
  return {
    filePath: 's3://f',
    partition: values.partition ?? [],
    recordCount: values.rows ?? 10n,
    fileSizeBytes: 1n,
    columnSizes: new Map(),
    valueCounts: new Map(),
    nullValueCounts: new Map(count(values.nulls)),
    nanValueCounts: new Map(count(values.nans)),
    lowerBounds: new Map(bound(values.lower)),
    upperBounds: new Map(bound(values.upper)),
    splitOffsets: [],
  };
}

function rangeOf(files: readonly DataFile[], identityIndex: number | null = null): ColumnRange {
  let range: ColumnRange | undefined;
  for (const each of files)
    range = widenRange(range, each, { id: ID, type: 'long', identityIndex });
  return range ?? { bounds: null, nullCount: null, nanCount: null };
}

describe('widenRange', () => {
  it('takes the outermost bounds and adds the counts', () => {
    expect(
      rangeOf([
        file({ nulls: 1n, lower: 5n, upper: 7n, nans: 0n }),
        file({ nulls: 2n, lower: -3n, upper: 6n, nans: 4n }),
      ]),
    ).toEqual({ bounds: { min: -3n, max: 7n }, nullCount: 3n, nanCount: 4n });
  });

  it('does not know a bound that one file does not have', () => {
    expect(
      rangeOf([file({ nulls: 0n, lower: 5n, upper: 7n }), file({ nulls: 0n, upper: 9n })]).bounds,
    ).toEqual({ min: null, max: 9n });
  });

  it('passes over files of nulls, wherever they stand', () => {
    const nulls = file({ nulls: 10n });
    const values = file({ nulls: 0n, lower: 1n, upper: 2n });
    const expected = { bounds: { min: 1n, max: 2n }, nullCount: 10n, nanCount: null };
    expect(rangeOf([nulls, values])).toEqual(expected);
    expect(rangeOf([values, nulls])).toEqual(expected);
    expect(rangeOf([nulls]).bounds).toBeNull();
  });

  it('does not know a count that one file does not have', () => {
    expect(rangeOf([file({ nulls: 1n }), file({})]).nullCount).toBeNull();
  });

  it('takes the partition value of a column that partitions the table', () => {
    expect(rangeOf([file({ partition: [4n] }), file({ partition: [6n] })], 0)).toEqual({
      bounds: { min: 4n, max: 6n },
      nullCount: 0n,
      nanCount: null,
    });
    expect(rangeOf([file({ partition: [null] })], 0)).toEqual({
      bounds: null,
      nullCount: 10n,
      nanCount: null,
    });
  });
});
