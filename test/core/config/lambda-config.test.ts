import { describe, expect, it } from 'vitest';
import {
  buildLakeWriterConfig,
  parseLakeWriterConfig,
  serializeLakeWriterConfig,
} from '#core/config/lambda-config.ts';
import { evolveStream } from '#core/schema/evolution/stream-evolution.ts';
import { EMPTY_REGISTRY, type Registry } from '#core/schema/registry.ts';
import { market, projectOf } from './project-fixture.ts';

const FIELDS = [
  'trade_id: string',
  'at: { type: timestamp_micros, default: "2026-01-31T00:00:00Z" }',
  'rate: { type: "decimal(30,2)", default: "-1.50" }',
  'side: { type: enum, symbols: [bid, ask] }',
  'lines: { type: list, element: { type: record, fields: { sku: string, tax: { type: money, currency: EUR } } } }',
  'attributes: { type: map, value: double }',
].join('\n      ');

const PROJECT = projectOf(market('trade_id: string', FIELDS));
const REGISTRY: Registry = {
  streams: PROJECT.domains
    .flatMap((domain) => domain.streams)
    .map((stream) => evolveStream(stream, null).schemas),
};
const CONFIG = buildLakeWriterConfig(PROJECT, REGISTRY, { domain: 'market' });

describe('buildLakeWriterConfig', () => {
  const [stream] = CONFIG.streams;

  it('tells the writer tables, columns, schemas and migrations', () => {
    expect(CONFIG).toMatchObject({ environment: 'local', domain: 'market' });
    expect(stream?.table).toEqual({ database: 'local_market_bronze', table: 'trade' });
    expect(stream?.columns.map((column) => column.name).slice(0, 4)).toEqual([
      'source_system',
      'trade_id',
      'at',
      'rate',
    ]);
    expect(stream?.schemas).toEqual(REGISTRY.streams[0]?.schemaVersions);
    expect(stream?.mappingVersion).toBe(1);
    expect(stream?.migrations[0]?.changes.map((change) => change.path)).toEqual([
      ['lines'],
      ['attributes'],
    ]);
  });

  it('refuses an unknown domain and missing schemas', () => {
    expect(() => buildLakeWriterConfig(PROJECT, REGISTRY, { domain: 'x' })).toThrow(
      'expected a domain (market), got "x"',
    );
    expect(() => buildLakeWriterConfig(PROJECT, EMPTY_REGISTRY, { domain: 'market' })).toThrow(
      'expected schemas of market.trade, got none; run "npm run generate"',
    );
  });
});

describe('serializeLakeWriterConfig', () => {
  const text = serializeLakeWriterConfig(CONFIG);

  it('comes back equal, with 64-bit defaults and frozen', () => {
    const parsed = parseLakeWriterConfig(text);
    expect(parsed).toEqual(CONFIG);
    const defaults = parsed.streams[0]?.fields.map((field) => field.default);
    expect(defaults?.slice(2, 4)).toEqual([1_769_817_600_000_000n, -150n]);
    expect(Object.isFrozen(parsed.streams[0]?.fields)).toBe(true);
  });

  it('gives the same bytes for what was parsed', () => {
    expect(serializeLakeWriterConfig(parseLakeWriterConfig(text))).toBe(text);
  });

  it('refuses text that is no JSON', () => {
    expect(() => parseLakeWriterConfig('{')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it.each([
    ['an unknown key', '"environment"', '"enviroment"'],
    ['an unknown type', '"kind": "timestamp_micros"', '"kind": "timestamp"'],
    ['a wrong outcome', '"onFail": "reject"', '"onFail": "drop"'],
    ['an id that is none', '"schemaVersionId": "', '"schemaVersionId": "x'],
    ['a big integer that is none', '"$bigint": "-150"', '"$bigint": "1.5"'],
  ])('refuses %s', (_what, before, after) => {
    expect(text).toContain(before);
    expect(() => parseLakeWriterConfig(text.replace(before, after))).toThrow(
      /^lake-writer configuration: .*; deploy the function and its configuration together$/,
    );
  });
});
