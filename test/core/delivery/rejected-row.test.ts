import { describe, expect, it } from 'vitest';
import type { DiscardedEvent } from '#core/delivery/judged-event.ts';
import { padSequence } from '#core/delivery/position.ts';
import { rejectedRow } from '#core/delivery/rejected-row.ts';
import type { Field, Row } from '#core/schema/field.ts';
import { REJECTED_TABLE_SHAPE } from '#core/schema/rejected-table.ts';
import { READINGS } from './readings.ts';

const ARRIVED = {
  stream: 'reading',
  position: { sequence: padSequence('7'), subSequence: 3 },
  arrivalMicros: 40_000n,
  partitionKey: 'k',
  payload: Uint8Array.of(3, 0, 1),
};
const REJECTED: DiscardedEvent = {
  ...ARRIVED,
  kind: 'rejected',
  reason: 'quality rule "positive" does not hold',
  row: { id: 'a', at: 1_000n, value: -1n },
  schemaVersion: 2,
};

function rowOf(event: DiscardedEvent, fields: readonly Field[] = READINGS.fields): Row {
  return rejectedRow(event, { source: 's', fields, payloadUri: null });
}

describe('rejectedRow', () => {
  it('has a value for every column of the table and for no other', () => {
    const columns = REJECTED_TABLE_SHAPE.schema.fields.map(({ name }) => name);
    expect(Object.keys(rowOf(REJECTED))).toEqual(columns);
  });

  it('keeps the decoded values readable and the bytes as they came', () => {
    expect(rowOf(REJECTED)).toMatchObject({
      kind: 'rejected',
      row: '{"id":"a","at":"1970-01-01T00:00:00.001000Z","value":-1}',
      payload: ARRIVED.payload,
      payload_uri: null,
      _schema_version: 2,
      _ingested_at: 40_000n,
      _source: 's',
      _sequence: padSequence('7'),
      _sub_sequence: 3,
    });
  });

  it('refers to the object of an undecodable event and holds no bytes of it', () => {
    const event: DiscardedEvent = {
      ...ARRIVED,
      kind: 'undecodable',
      reason: 'x',
      schemaVersion: null,
    };
    const row = rejectedRow(event, { source: 's', fields: [], payloadUri: 's3://dead/x.json' });
    expect(row).toMatchObject({
      kind: 'undecodable',
      row: null,
      payload: null,
      payload_uri: 's3://dead/x.json',
      _schema_version: null,
    });
  });

  it('makes text well-formed, which UTF-8 could not carry otherwise', () => {
    const row = rowOf({ ...REJECTED, reason: 'a\ud800', partitionKey: '\udc00' });
    expect(row).toMatchObject({ reason: 'a\ufffd', partition_key: '\ufffd' });
  });

  it('leaves out values that cannot be printed; the payload has them', () => {
    const [id, ...others] = READINGS.fields;
    const broken = { ...id!, type: { kind: 'record', fields: null } } as unknown as Field;
    const row = rowOf({ ...REJECTED, row: { id: {} } }, [broken, ...others]);
    expect(row).toMatchObject({ row: null, payload: ARRIVED.payload });
  });
});
