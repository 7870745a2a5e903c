import { describe, expect, it } from 'vitest';
import { checkTable } from '#core/iceberg/check/check-table.ts';
import { defaultPartitionSpec } from '#core/iceberg/spec/table-metadata.ts';
import {
  evolvePartitionSpec,
  type PartitionChange,
} from '#core/iceberg/transaction/evolve-partition-spec.ts';
import { tradesMetadata } from '../trades-table.ts';

const TABLE = tradesMetadata();
const add = (
  column: string,
  transform: (PartitionChange & { kind: 'add-field' })['transform'],
  name?: string,
): PartitionChange => ({
  kind: 'add-field',
  column: [column],
  transform,
  ...(name === undefined ? {} : { name }),
});
const remove = (name: string): PartitionChange => ({ kind: 'remove-field', name });
const read = async (uri: string) => {
  throw new Error(uri);
};

describe('evolvePartitionSpec', () => {
  it('adds a field with a fresh id under a new spec, and keeps the old one', async () => {
    const evolved = evolvePartitionSpec(TABLE, [add('symbol', { kind: 'truncate', width: 3 })]);
    expect(evolved['partition-specs']).toHaveLength(2);
    expect(evolved['default-spec-id']).toBe(1);
    expect(evolved['last-partition-id']).toBe(1002);
    expect(defaultPartitionSpec(evolved).fields.at(-1)).toEqual({
      'source-id': 3,
      'field-id': 1002,
      name: 'symbol_trunc_3',
      transform: 'truncate[3]',
    });
    expect(await checkTable({ read }, evolved)).toEqual([]);
  });

  it('leaves a removed field out', () => {
    const evolved = evolvePartitionSpec(TABLE, [remove('ts_hour')]);
    expect(defaultPartitionSpec(evolved).fields.map(({ name }) => name)).toEqual(['symbol_bucket']);
    expect(evolved['last-partition-id']).toBe(1001);
  });

  it('gives an equal source and transform its id back, and the spec too', () => {
    const without = evolvePartitionSpec(TABLE, [remove('symbol_bucket')]);
    const again = evolvePartitionSpec(without, [add('symbol', { kind: 'bucket', buckets: 4 })]);
    expect(again['partition-specs']).toHaveLength(2);
    expect(again['default-spec-id']).toBe(0);
    expect(again['last-partition-id']).toBe(1001);
  });

  it('gives another number of buckets a fresh id', () => {
    const evolved = evolvePartitionSpec(TABLE, [
      remove('symbol_bucket'),
      add('symbol', { kind: 'bucket', buckets: 8 }),
    ]);
    expect(defaultPartitionSpec(evolved).fields.at(-1)).toMatchObject({
      'field-id': 1002,
      name: 'symbol_bucket_8',
    });
  });

  it('numbers several new fields one after the other', () => {
    const evolved = evolvePartitionSpec(TABLE, [
      add('symbol', { kind: 'identity' }),
      add('size', { kind: 'identity' }),
    ]);
    expect(defaultPartitionSpec(evolved).fields.map((field) => field['field-id'])).toEqual([
      1000, 1001, 1002, 1003,
    ]);
  });

  it('renames a field and keeps its id', () => {
    const evolved = evolvePartitionSpec(TABLE, [
      { kind: 'rename-field', name: 'ts_hour', newName: 'hour_of_trade' },
    ]);
    expect(defaultPartitionSpec(evolved).fields[0]).toMatchObject({
      'field-id': 1000,
      name: 'hour_of_trade',
    });
  });

  it('makes a table unpartitioned', async () => {
    const evolved = evolvePartitionSpec(TABLE, [remove('ts_hour'), remove('symbol_bucket')]);
    expect(defaultPartitionSpec(evolved).fields).toEqual([]);
    expect(await checkTable({ read }, evolved)).toEqual([]);
  });

  it('gives the same object back when nothing changes', () => {
    expect(evolvePartitionSpec(TABLE, [])).toBe(TABLE);
    expect(
      evolvePartitionSpec(TABLE, [{ kind: 'rename-field', name: 'ts_hour', newName: 'ts_hour' }]),
    ).toBe(TABLE);
  });

  it.each<[string, PartitionChange, string]>([
    ['a second time unit of a column', add('ts', { kind: 'day' }), 'ts_hour partitions by hour'],
    ['the same field twice', add('symbol', { kind: 'bucket', buckets: 4 }), 'already'],
    ['a column that is not there', add('nope', { kind: 'identity' }), 'there is no column nope'],
    ['a transform that does not take the column', add('price', { kind: 'day' }), 'does not take'],
    ['buckets of doubles', add('price', { kind: 'bucket', buckets: 4 }), 'does not take'],
    ['void', add('price', { kind: 'void' }), 'partitions nothing'],
    ['an unknown transform', add('price', { kind: 'unknown', text: 'zorder' }), 'zorder'],
    ["another column's name", add('symbol', { kind: 'identity' }, 'price'), 'has the name of'],
    ['a name that is taken', add('size', { kind: 'identity' }, 'TS_HOUR'), 'ts_hour is taken'],
    ['no name', add('size', { kind: 'identity' }, ''), 'needs a name'],
    ['removing what is not there', remove('nope'), 'there is no partition field nope'],
  ])('refuses %s', (_what, change, rule) => {
    expect(() => evolvePartitionSpec(TABLE, [change])).toThrow(
      expect.objectContaining({
        code: 'SCHEMA_INCOMPATIBLE',
        message: expect.stringContaining(rule),
      }),
    );
  });
});
