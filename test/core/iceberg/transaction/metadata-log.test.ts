import { describe, expect, it } from 'vitest';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { withLoggedBase } from '#core/iceberg/transaction/metadata-log.ts';
import { removeProperties, setProperties } from '#core/iceberg/transaction/set-properties.ts';
import { LOCATION, tradesMetadata } from '../trades-table.ts';

const fileOf = (version: number) => `${LOCATION}/metadata/${version}.metadata.json`;

/** A table after so many changes of metadata. */
function changed(times: number, properties: Readonly<Record<string, string>>): TableMetadata {
  let metadata = tradesMetadata({ properties });
  for (let version = 0; version < times; version++) {
    metadata = withLoggedBase(metadata, setProperties(metadata, { n: String(version) }), {
      baseLocation: fileOf(version),
      nowMs: 5,
    });
  }
  return metadata;
}

describe('withLoggedBase', () => {
  it('logs the file it is based on, and goes on in time', () => {
    const base = tradesMetadata();
    const next = changed(1, {});
    expect(next['metadata-log']).toEqual([
      { 'metadata-file': fileOf(0), 'timestamp-ms': base['last-updated-ms'] },
    ]);
    expect(next['last-updated-ms']).toBe(base['last-updated-ms'] + 1);
  });

  it('remembers as many files as the table says', () => {
    const log = changed(7, { 'write.metadata.previous-versions-max': '3' })['metadata-log'];
    expect(log.map((entry) => entry['metadata-file'])).toEqual([4, 5, 6].map(fileOf));
  });
});

describe('removeProperties', () => {
  it('takes names away and forgives those that are not set', () => {
    const table = tradesMetadata({ properties: { a: '1', b: '2' } });
    expect(removeProperties(table, ['a', 'z']).properties).toEqual({ b: '2' });
    expect(removeProperties(table, ['z'])).toBe(table);
  });
});
