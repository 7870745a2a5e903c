import { compileJsonPath } from '#adapters/jsonpath/compile-json-path.ts';
import { createMemoryConnectorState } from '#adapters/memory/memory-connector-state.ts';
import { MemoryEventStream } from '#adapters/memory/memory-event-stream.ts';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { MemoryReceiptStore } from '#adapters/memory/memory-receipt-store.ts';
import type { PollDeps, PollTarget } from '#app/poll-http.ts';
import { readUserRecords } from '#app/read-user-records.ts';
import { createReceiptTotals } from '#app/receipt-totals.ts';
import { createRowDecoder } from '#core/avro/row-codec.ts';
import { decodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import type { HttpPollConnector } from '#core/config/connector.ts';
import type { ProducedStream } from '#core/ingest/produced-stream.ts';
import { type PollState, parsePollState } from '#core/poll/poll-state.ts';
import type { Field, FieldType, Row } from '#core/schema/field.ts';
import type { Clock } from '#ports/clock.ts';
import type { HttpClient } from '#ports/http-client.ts';

function field(name: string, type: FieldType, optional = false): Field {
  return { name, type, optional, aliases: [], examples: [], allowNan: false };
}

const FIELDS = [
  field('trade_id', { kind: 'string' }),
  field('symbol', { kind: 'string' }),
  field('timestamp', { kind: 'timestamp_micros' }),
  field('price', { kind: 'double' }),
  field('fee', { kind: 'money', currency: 'USD' }, true),
];

const AVRO = {
  type: 'record',
  name: 'trade',
  fields: [
    { name: 'trade_id', type: 'string' },
    { name: 'symbol', type: 'string' },
    { name: 'timestamp', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'price', type: 'double' },
    { name: 'fee_cents', type: ['null', { type: 'long', currency: 'USD' }], default: null },
  ],
};

export const TRADE_STREAM: ProducedStream = {
  name: 'trade',
  buffer: 'local-market',
  key: 'symbol',
  fields: FIELDS,
  identity: ['trade_id'],
  schemaVersionId: '11111111-2222-5333-8444-555555555555',
  avro: JSON.stringify(AVRO),
};

export const CONNECTOR: HttpPollConnector = {
  name: 'prices',
  kind: 'http-poll',
  environments: null,
  stream: 'trade',
  everyMinutes: 1,
  request: {
    method: 'GET',
    url: `http://127.0.0.1/trades?since=\${cursor}`,
    headers: {},
    body: null,
    basic: null,
  },
  records: '$.trades[*]',
  select: [
    { field: 'trade_id', from: 'id', epoch: null },
    { field: 'symbol', from: 'upper(s)', epoch: null },
    { field: 'timestamp', from: 't', epoch: 'ms' },
    { field: 'price', from: '$.p', epoch: null },
    { field: 'fee', from: 'fee', epoch: null },
  ],
  cursor: { initial: '0', from: 't', order: 'max', compare: 'number', overlapMs: 0 },
  pagination: { kind: 'token', path: '$.next', param: 'page_token' },
  limits: {
    maxPages: 100,
    requestsPerSecond: null,
    timeoutMs: 1_000,
    maxResponseBytes: 1_000_000,
    attempts: 3,
    retryBaseMs: 100,
    retryMaxMs: 1_000,
  },
  allow: ['loopback'],
};

/** Time passes only while something sleeps, or when a test says so. */
export function manualClock(
  startMs = Date.UTC(2026, 0, 31),
): Clock & { now: number; slept: number[] } {
  const clock = {
    now: startMs,
    slept: [] as number[],
    nowMs: () => clock.now,
    sleep: async (ms: number) => {
      clock.now += ms;
      clock.slept.push(ms);
    },
  };
  return clock;
}

/** A connector with everything it needs in memory, but for the source. */
export function pollWorld(http: HttpClient, changes: Partial<HttpPollConnector> = {}) {
  const stream = new MemoryEventStream(2);
  const store = new MemoryObjectStore();
  const receiptStore = new MemoryReceiptStore();
  const states = createMemoryConnectorState();
  const clock = manualClock();
  const secretReads: { name: string; fresh: boolean }[] = [];
  const deps: PollDeps = {
    http,
    stream,
    store,
    states,
    clock,
    random: { next: () => 0.5, bytes: (length) => new Uint8Array(length) },
    receipts: createReceiptTotals(receiptStore, { domain: 'market', producer: 'poll-1' }),
    compilePath: compileJsonPath,
    secrets: {
      read: async (name, options) => {
        secretReads.push({ name, fresh: options?.fresh === true });
        return options?.fresh === true ? 'new secret' : 'old secret';
      },
    },
  };
  const target: PollTarget = {
    domain: 'market',
    connector: { ...CONNECTOR, ...changes },
    stream: TRADE_STREAM,
    bucketUri: 's3://dead',
  };
  return { deps, target, stream, store, states, clock, receiptStore, secretReads };
}

/** Rows on the stream, in order per shard. */
export async function rowsOn(stream: MemoryEventStream): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const decode = createRowDecoder({ writerSchema: AVRO, readerSchema: AVRO, fields: FIELDS });
  await readUserRecords(stream, {
    streamName: TRADE_STREAM.buffer,
    from: {},
    onRecord: ({ data }) => {
      rows.push(decode(decodeSchemaRegistryHeader(data).payload).row);
    },
  });
  return rows;
}

export async function idsOn(stream: MemoryEventStream): Promise<readonly string[]> {
  return (await rowsOn(stream)).map((row) => String(row['trade_id'])).sort();
}

/** What the connector remembers. */
export async function stateOf(states: PollDeps['states']): Promise<PollState | null> {
  const taken = await states.acquire(
    { domain: 'market', connector: 'prices' },
    { owner: 'test', nowMs: Number.MAX_SAFE_INTEGER, untilMs: 0 },
  );
  if (taken.kind === 'busy') throw new Error('the lease is not free');
  await states.release(taken.lease);
  return taken.state === null ? null : parsePollState(taken.state);
}
