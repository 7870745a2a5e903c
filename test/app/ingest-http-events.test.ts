import { describe, expect, it } from 'vitest';
import { MemoryEventStream } from '#adapters/memory/memory-event-stream.ts';
import { MemoryReceiptStore } from '#adapters/memory/memory-receipt-store.ts';
import { createHttpIngest, type HttpIngestDeps } from '#app/ingest-http-events.ts';
import { readUserRecords } from '#app/read-user-records.ts';
import { createRowDecoder } from '#core/avro/row-codec.ts';
import { decodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { SluiceError } from '#core/errors.ts';
import type { HttpIngestStream } from '#core/ingest/http-ingest-config.ts';
import { parseJson } from '#core/ingest/json-text.ts';
import type { Field, FieldType, Row } from '#core/schema/field.ts';
import { receiptTotal } from './receipt-total.ts';

function field(name: string, type: FieldType, optional = false): Field {
  return { name, type, optional, aliases: [], examples: [], allowNan: false };
}

const FIELDS = [
  field('source_system', { kind: 'string' }),
  field('trade_id', { kind: 'string' }),
  field('symbol', { kind: 'string' }),
  field('fee', { kind: 'money', currency: 'USD' }, true),
];
const AVRO = {
  type: 'record',
  name: 'trade',
  fields: [
    { name: 'source_system', type: 'string' },
    { name: 'trade_id', type: 'string' },
    { name: 'symbol', type: 'string' },
    { name: 'fee_cents', type: ['null', { type: 'long', currency: 'USD' }], default: null },
  ],
};
const TRADE: HttpIngestStream = {
  name: 'trade',
  buffer: 'local-market',
  key: 'symbol',
  fields: FIELDS,
  identity: ['source_system', 'trade_id'],
  schemaVersionId: '11111111-2222-5333-8444-555555555555',
  avro: JSON.stringify(AVRO),
  maxBodyBytes: 1_000_000,
  maxEvents: 500,
};

function setUp(
  producer = 'http-1',
  receipts = new MemoryReceiptStore(),
  schemaIdOf?: HttpIngestDeps['schemaIdOf'],
) {
  const stream = new MemoryEventStream(1);
  const clock = { nowMs: () => 0, sleep: async () => {} };
  const random = { next: () => 0, bytes: (length: number) => new Uint8Array(length) };
  const ingest = createHttpIngest(
    { ...(schemaIdOf === undefined ? {} : { schemaIdOf }), stream, receipts, clock, random },
    {
      config: { domain: 'market', streams: [TRADE] },
      producer,
    },
  );
  return { stream, receipts, ingest };
}

function trade(id: string, symbol = 'AAPL') {
  const json = parseJson(
    `{"source_system":"NYSE","trade_id":"${id}","symbol":"${symbol}","fee":0.05}`,
  );
  return { ok: true, json } as const;
}

async function idsOf(stream: MemoryEventStream): Promise<readonly string[]> {
  const ids: string[] = [];
  await readUserRecords(stream, {
    streamName: 'local-market',
    from: {},
    onRecord: ({ data }) => {
      ids.push(decodeSchemaRegistryHeader(data).schemaVersionId);
    },
  });
  return ids;
}

async function rowsOf(stream: MemoryEventStream): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const decode = createRowDecoder({ writerSchema: AVRO, readerSchema: AVRO, fields: FIELDS });
  await readUserRecords(stream, {
    streamName: 'local-market',
    from: {},
    onRecord: ({ data }) => {
      const record = decodeSchemaRegistryHeader(data);
      expect(record.schemaVersionId).toBe(TRADE.schemaVersionId);
      rows.push(decode(record.payload).row);
    },
  });
  return rows;
}

describe('events over HTTP', () => {
  it('are in the stream, as rows of the newest schema, when they are accepted', async () => {
    const { stream, ingest } = setUp();
    const { outcomes } = await ingest.ingest('trade', [trade('1'), trade('2', 'MSFT')]);
    expect(outcomes).toEqual([
      { kind: 'accepted', eventId: 'NYSE:1' },
      { kind: 'accepted', eventId: 'NYSE:2' },
    ]);
    expect(await rowsOf(stream)).toEqual([
      { source_system: 'NYSE', trade_id: '1', symbol: 'AAPL', fee_cents: 5n },
      { source_system: 'NYSE', trade_id: '2', symbol: 'MSFT', fee_cents: 5n },
    ]);
  });

  it('are accepted although others of the request are refused', async () => {
    const { stream, ingest } = setUp();
    const { outcomes } = await ingest.ingest('trade', [
      { ok: true, json: parseJson('{"trade_id":7}') },
      trade('2'),
      { ok: false, reason: 'column 7: expected a value, got the end' },
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['invalid', 'accepted', 'invalid']);
    expect(outcomes[0]).toMatchObject({ problems: 3 });
    expect(outcomes[2]).toEqual({
      kind: 'invalid',
      problems: 1,
      errors: [
        { path: '', expected: 'a JSON object', got: 'column 7: expected a value, got the end' },
      ],
    });
    expect(await rowsOf(stream)).toHaveLength(1);
  });

  it('are refused when no stream record can hold them', async () => {
    const { stream, ingest } = setUp();
    const { outcomes } = await ingest.ingest('trade', [trade('x'.repeat(1_048_576)), trade('2')]);
    expect(outcomes).toMatchObject([
      { kind: 'invalid', errors: [{ path: '', got: expect.stringMatching(/^\d+ bytes$/) }] },
      { kind: 'accepted' },
    ]);
    expect(await rowsOf(stream)).toHaveLength(1);
  });

  it('are unavailable, not lost, when the stream refuses them', async () => {
    const { stream, receipts, ingest } = setUp();
    stream.callFault = () => true;
    const { outcomes, receiptFailure } = await ingest.ingest('trade', [trade('1')]);
    expect(outcomes).toEqual([{ kind: 'unavailable', eventId: 'NYSE:1' }]);
    expect(receiptFailure).toBeNull();
    expect(await receiptTotal(receipts, 'market', 'trade')).toBe(0);
  });

  it('carry the id of the schema registry', async () => {
    const id = '0af13c2e-5b1d-4f6a-9c3e-0123456789ab';
    const { stream, ingest } = setUp(undefined, undefined, async () => id);
    await ingest.ingest('trade', [trade('1')]);
    expect(await idsOf(stream)).toEqual([id]);
  });

  it('are unavailable while the schema registry does not answer, and judged all the same', async () => {
    let isUp = false;
    const { stream, ingest } = setUp(undefined, undefined, async ({ schemaVersionId }) => {
      if (isUp) return schemaVersionId;
      throw new SluiceError('SOURCE_UNAVAILABLE', 'no answer');
    });
    const events = [trade('1'), { ok: true as const, json: parseJson('{"trade_id":7}') }];
    const { outcomes } = await ingest.ingest('trade', events);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['unavailable', 'invalid']);
    isUp = true;
    expect((await ingest.ingest('trade', [trade('1')])).outcomes).toMatchObject([
      { kind: 'accepted' },
    ]);
    expect(await idsOf(stream)).toHaveLength(1);
  });

  it('are counted in receipts that only grow, per execution environment', async () => {
    const receipts = new MemoryReceiptStore();
    const [first, second] = [setUp('http-1', receipts), setUp('http-2', receipts)];
    await first.ingest.ingest('trade', [trade('1'), trade('2')]);
    await second.ingest.ingest('trade', [trade('3')]);
    await first.ingest.ingest('trade', [trade('4')]);
    expect(await receiptTotal(receipts, 'market', 'trade')).toBe(4);
  });

  it('are accepted when the receipt fails, which the next receipt makes up for', async () => {
    const receipts = new MemoryReceiptStore();
    const { ingest } = setUp('http-1', receipts);
    const record = receipts.record.bind(receipts);
    receipts.record = async () => {
      throw new Error('planted');
    };
    const failed = await ingest.ingest('trade', [trade('1')]);
    expect(failed.outcomes).toEqual([{ kind: 'accepted', eventId: 'NYSE:1' }]);
    expect(failed.receiptFailure).toEqual(new Error('planted'));
    receipts.record = record;
    await ingest.ingest('trade', [trade('2')]);
    expect(await receiptTotal(receipts, 'market', 'trade')).toBe(2);
  });

  it('belong to a configured stream', async () => {
    await expect(setUp().ingest.ingest('quote', [])).rejects.toThrow('stream quote');
  });
});
