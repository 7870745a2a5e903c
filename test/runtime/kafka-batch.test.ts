import { describe, expect, it } from 'vitest';
import { encodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { type KafkaEvent, type KafkaEventRecord, kafkaBatches } from '#runtime/kafka-batch.ts';

function record(offset: number, changes: Partial<KafkaEventRecord> = {}): KafkaEventRecord {
  return {
    topic: 'prod.market',
    partition: 0,
    offset,
    timestamp: 1_780_000_000_000 + offset,
    key: Buffer.from('AAPL').toString('base64'),
    value: Buffer.from(`v${offset}`).toString('base64'),
    ...changes,
  };
}

function event(records: KafkaEvent['records']): KafkaEvent {
  return { eventSource: 'aws:kafka', records };
}

describe('kafkaBatches', () => {
  it('takes an event apart by partition, with offset and arrival of each record', () => {
    const batches = kafkaBatches(
      event({
        'prod.market-0': [record(7), record(9)],
        'prod.market-1': [record(3, { partition: 1 })],
      }),
      { generation: 1 },
    );
    expect(batches.map(({ source }) => source)).toEqual([
      'kafka:prod.market/0',
      'kafka:prod.market/1',
    ]);
    expect(batches[0]?.records).toEqual([
      {
        sequenceNumber: '7',
        partitionKey: 'AAPL',
        arrivalMs: 1_780_000_000_007,
        data: Buffer.from('v7'),
      },
      {
        sequenceNumber: '9',
        partitionKey: 'AAPL',
        arrivalMs: 1_780_000_000_009,
        data: Buffer.from('v9'),
      },
    ]);
  });

  it('names the generation of a topic that was created again', () => {
    const [batch] = kafkaBatches(event({ 'prod.market-0': [record(0)] }), { generation: 2 });
    expect(batch?.source).toBe('kafka:prod.market@2/0');
  });

  it('puts back the header that a validating mapping took off, once', () => {
    const schemaId = '0A3C7E5D-1B2C-4D5E-8F90-123456789ABC';
    const headed = encodeSchemaRegistryHeader(schemaId.toLowerCase(), Buffer.from('v1'));
    const valueSchemaMetadata = { dataFormat: 'AVRO', schemaId };
    const value = Buffer.from(headed).toString('base64');
    const [batch] = kafkaBatches(
      event({
        'prod.market-0': [
          record(1, { valueSchemaMetadata }),
          record(2, { valueSchemaMetadata, value }),
        ],
      }),
      { generation: 1 },
    );
    expect(batch?.records.map(({ data }) => Buffer.from(data))).toEqual([
      Buffer.from(headed),
      Buffer.from(headed),
    ]);
  });

  it('keeps tombstones and records without key as records without bytes', () => {
    const bare = { key: null, value: null };
    const [batch] = kafkaBatches(
      event({ 'prod.market-0': [record(1, bare), { ...record(2), ...{ key: undefined } }] }),
      { generation: 1 },
    );
    expect(batch?.records.map(({ partitionKey, data }) => [partitionKey, data.length])).toEqual([
      ['', 0],
      ['', 2],
    ]);
  });

  it('brings records into the order of their offsets', () => {
    const records = [record(12), record(3), record(100)];
    const [batch] = kafkaBatches(event({ 'prod.market-0': records }), { generation: 1 });
    expect(batch?.records.map(({ sequenceNumber }) => sequenceNumber)).toEqual(['3', '12', '100']);
  });

  it.each([
    ['no records', event({}), /expected records, got none/],
    [
      'records of another partition',
      event({ 'prod.market-0': [record(1), record(2, { partition: 4 })] }),
      /records of one partition in "prod.market-0", got 1 of others/,
    ],
    [
      'an offset beyond what a number holds',
      event({ 'prod.market-0': [record(2 ** 60)] }),
      /expected an offset from 0 to 2\^53 - 1/,
    ],
  ])('refuses %s', (_name, bad, message) => {
    expect(() => kafkaBatches(bad, { generation: 1 })).toThrow(message);
  });
});
