import { describe, expect, it } from 'vitest';
import type { AvroRecord } from '#core/schema/avro-schema.ts';
import {
  canonicalJson,
  canonicalSchemaText,
  contentHash,
  schemaVersionId,
  uuidV5,
} from '#core/schema/schema-version-id.ts';

const SCHEMA: AvroRecord = {
  type: 'record',
  name: 'trade',
  namespace: 'sluice.market',
  doc: 'One trade',
  fields: [
    { name: 'price', doc: 'Price', type: 'double' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
};

describe('schemaVersionId', () => {
  it('computes the UUID of RFC 9562 §A.4', () => {
    expect(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });

  it('is the same in every checkout', () => {
    expect(schemaVersionId(SCHEMA, 1)).toBe('1cf77c15-8b4f-56cf-88f5-6ab097fbe656');
  });

  it('differs by version, so that a return to an earlier shape has an id of its own', () => {
    expect(schemaVersionId(SCHEMA, 1)).not.toBe(schemaVersionId(SCHEMA, 3));
  });

  it('ignores doc and the order of attributes, not the order of fields', () => {
    const [price, note] = SCHEMA.fields;
    if (price === undefined || note === undefined) throw new Error('fixture');
    const described = { ...SCHEMA, doc: 'Other', fields: [{ ...price, doc: 'Other' }, note] };
    const reordered = { ...SCHEMA, fields: [note, price] };
    expect(schemaVersionId(described, 1)).toBe(schemaVersionId(SCHEMA, 1));
    expect(schemaVersionId(reordered, 1)).not.toBe(schemaVersionId(SCHEMA, 1));
    expect(canonicalSchemaText(SCHEMA)).toBe(
      '{"fields":[{"name":"price","type":"double"},{"default":null,"name":"note","type":["null","string"]}],"name":"trade","namespace":"sluice.market","type":"record"}',
    );
  });

  it('sorts keys at every level', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: undefined, e: 'x' })).toBe(
      '{"b":[{"c":null,"d":1}],"e":"x"}',
    );
    expect(contentHash({ a: 1, b: 2 })).toBe(contentHash({ b: 2, a: 1 }));
  });
});
