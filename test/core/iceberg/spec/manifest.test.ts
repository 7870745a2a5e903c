import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeObjectContainer } from '#core/avro/object-container.ts';
import { SluiceError } from '#core/errors.ts';
import {
  decodeManifest,
  encodeManifest,
  inheritEntries,
  type Manifest,
} from '#core/iceberg/spec/manifest.ts';
import { addedEntry, type ManifestEntry } from '#core/iceberg/spec/manifest-entry.ts';
import { avroName, decimalSizeBytes } from '#core/iceberg/spec/manifest-schema.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { PrimitiveType, Schema } from '#core/iceberg/spec/schema.ts';
import type { SingleValue } from '#core/iceberg/spec/single-value.ts';
import { dataFileOf, SCHEMA, SPEC, trade } from '../trades-table.ts';

const syncMarker = new Uint8Array(16).fill(7);
const FILE = dataFileOf([trade(1), trade(2, { price: Number.NaN, amount: null })], { name: 'a' });
const ADDED = addedEntry(FILE, { snapshotId: 9_007_199_254_740_993n, sortOrderId: 0 });
const FULL: ManifestEntry = {
  ...ADDED,
  status: 'existing',
  sequenceNumber: 3n,
  fileSequenceNumber: 4n,
  keyMetadata: Uint8Array.of(1),
  file: { ...FILE, splitOffsets: [4n, 2n ** 40n] },
};

function roundTrip(entries: readonly ManifestEntry[]): Manifest {
  const header = { schema: SCHEMA, partitionSpec: SPEC, content: 'data' } as const;
  return decodeManifest(encodeManifest(header, entries, { syncMarker }));
}

describe('encodeManifest and decodeManifest', () => {
  it('give back every part of every entry', () => {
    const deletes: ManifestEntry = {
      ...FULL,
      status: 'deleted',
      content: 'equality-deletes',
      equalityIds: [1, 2],
      sortOrderId: null,
    };
    expect(roundTrip([ADDED, FULL, deletes]).entries).toEqual([ADDED, FULL, deletes]);
  });

  it('give back an entry without metrics', () => {
    const none = new Map<number, never>();
    const bare: ManifestEntry = {
      ...ADDED,
      snapshotId: null,
      file: {
        ...FILE,
        columnSizes: none,
        valueCounts: none,
        nullValueCounts: none,
        nanValueCounts: none,
        lowerBounds: none,
        upperBounds: none,
        splitOffsets: [],
      },
    };
    expect(roundTrip([bare]).entries).toEqual([bare]);
  });

  it('give back the header', () => {
    const { schema, partitionSpec, content } = roundTrip([]);
    expect({ schema, partitionSpec, content }).toEqual({
      schema: SCHEMA,
      partitionSpec: SPEC,
      content: 'data',
    });
  });

  it('write every header key of version 2', () => {
    const bytes = encodeManifest(
      { schema: SCHEMA, partitionSpec: SPEC, content: 'data' },
      [ADDED],
      { syncMarker },
    );
    expect(Object.fromEntries(decodeObjectContainer(bytes).metadata)).toEqual({
      schema: JSON.stringify(SCHEMA),
      'schema-id': '0',
      'partition-spec': JSON.stringify(SPEC.fields),
      'partition-spec-id': '0',
      'format-version': '2',
      content: 'data',
    });
  });

  it('refuse a tuple of another length', () => {
    const wrong = { ...ADDED, file: { ...FILE, partition: [1] } };
    expect(() => roundTrip([wrong])).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID', message: expect.stringContaining('got 1') }),
    );
  });

  it('refuse a partition value of another type', () => {
    const wrong = { ...ADDED, file: { ...FILE, partition: ['today', 1] } };
    expect(() => roundTrip([wrong])).toThrow(
      expect.objectContaining({
        code: 'SCHEMA_INCOMPATIBLE',
        message: expect.stringContaining('ts_hour'),
      }),
    );
  });

  it('report every flipped bit as their own error or not at all', () => {
    const header = { schema: SCHEMA, partitionSpec: SPEC, content: 'data' } as const;
    const bytes = encodeManifest(header, [FULL], { syncMarker });
    for (let at = 0; at < bytes.length; at += 3) {
      const flipped = Uint8Array.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at & 7));
      try {
        decodeManifest(flipped);
      } catch (error) {
        expect(error).toBeInstanceOf(SluiceError);
      }
    }
  });
});

describe('partition values', () => {
  const types: readonly [PrimitiveType, fc.Arbitrary<SingleValue>][] = [
    ['boolean', fc.boolean()],
    ['int', fc.integer()],
    ['long', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    ['float', fc.float()],
    ['double', fc.double()],
    ['date', fc.integer()],
    ['timestamp', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    ['string', fc.string({ unit: 'grapheme' })],
    ['binary', fc.uint8Array()],
    ['decimal(9, 2)', fc.bigInt({ min: -(10n ** 9n) + 1n, max: 10n ** 9n - 1n })],
    ['decimal(38, 10)', fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })],
  ];
  // Every type twice: each fixed type of Avro needs a name of its own.
  const columns = [...types, ...types];
  const schema: Schema = {
    type: 'struct',
    'schema-id': 0,
    fields: columns.map(([type], index) => ({
      id: index + 1,
      name: `c${index}`,
      required: false,
      type,
    })),
  };
  const spec: PartitionSpec = {
    'spec-id': 4,
    fields: columns.map((_, index) => ({
      'source-id': index + 1,
      'field-id': 1000 + index,
      name: `p ${index}.x`,
      transform: 'identity',
    })),
  };

  it('of every type survive, and null', () => {
    const tuple = fc.tuple(...columns.map(([, value]) => fc.option(value)));
    fc.assert(
      fc.property(tuple, (partition) => {
        const entry = { ...ADDED, file: { ...FILE, partition } };
        const header = { schema, partitionSpec: spec, content: 'data' } as const;
        const decoded = decodeManifest(encodeManifest(header, [entry], { syncMarker }));
        expect(decoded.entries[0]?.file.partition).toEqual(partition);
      }),
      { numRuns: 50 },
    );
  });

  it('are read by field id, not by place', () => {
    const header = { schema: SCHEMA, partitionSpec: SPEC, content: 'data' } as const;
    const swapped = { ...SPEC, fields: [...SPEC.fields].reverse() };
    const entry = { ...ADDED, file: { ...FILE, partition: [3, 498666] } };
    const bytes = encodeManifest({ ...header, partitionSpec: swapped }, [entry], { syncMarker });
    const headerSaysOtherwise = Buffer.from(bytes)
      .toString('latin1')
      .replace(JSON.stringify(swapped.fields), JSON.stringify(SPEC.fields));
    const decoded = decodeManifest(Buffer.from(headerSaysOtherwise, 'latin1'));
    expect(decoded.entries[0]?.file.partition).toEqual([498666, 3]);
  });
});

describe('inheritEntries', () => {
  const listed = { sequenceNumber: 7n, addedSnapshotId: 70n, manifestPath: 's3://m' };

  it('fills in what added entries leave open', () => {
    const [entry] = inheritEntries(roundTrip([{ ...ADDED, snapshotId: null }]), listed);
    expect(entry).toMatchObject({ snapshotId: 70n, sequenceNumber: 7n, fileSequenceNumber: 7n });
  });

  it('keeps what entries state', () => {
    const [entry] = inheritEntries(roundTrip([FULL]), listed);
    expect(entry).toMatchObject({
      snapshotId: ADDED.snapshotId,
      sequenceNumber: 3n,
      fileSequenceNumber: 4n,
    });
  });

  it('refuses an existing entry without numbers of its own', () => {
    const broken = roundTrip([{ ...FULL, sequenceNumber: null }]);
    expect(() => inheritEntries(broken, listed)).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
    );
  });

  it('takes 0 for manifests from before an upgrade', () => {
    const old = roundTrip([{ ...FULL, sequenceNumber: null, fileSequenceNumber: null }]);
    const [entry] = inheritEntries(old, { ...listed, sequenceNumber: 0n });
    expect(entry).toMatchObject({ sequenceNumber: 0n, fileSequenceNumber: 0n });
  });
});

describe('avroName', () => {
  it.each([
    ['ts_hour', 'ts_hour'],
    ['9lives', '_9lives'],
    ['a b.c', 'a_x20b_x2Ec'],
    ['Größe', 'Gr_xF6_xDFe'],
  ])('spells %s as %s', (name, expected) => {
    expect(avroName(name)).toBe(expected);
  });
});

describe('decimalSizeBytes', () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [9, 4],
    [10, 5],
    [18, 8],
    [19, 9],
    [38, 16],
  ])('for precision %i is %i', (precision, size) => {
    expect(decimalSizeBytes(precision)).toBe(size);
  });
});
