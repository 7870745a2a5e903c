import { describe, expect, it } from 'vitest';
import { LOCAL, MARKET, market, originsOf, PLATFORM, parse } from '../project-fixture.ts';

const KEY = 'key: symbol';
const TRADE = 'domains.market.streams.trade';

describe('origins', () => {
  it('name the file, line and column of a value', () => {
    const origins = originsOf();
    expect(origins['name']).toBe('sluice config/platform.yaml:1:7');
    expect(origins[`${TRADE}.key`]).toBe('symbol domains/market.yaml:6:10');
    expect(origins[`${TRADE}.rate.expected`]).toBe('10/s config/platform.yaml:21:21');
  });

  it('name the strongest layer that sets a value, key by key', () => {
    const origins = originsOf({
      'domains/market.yaml': `${MARKET}writer: { memory: 3008MB }\n`,
    });
    const writer = 'domains.market.writer';
    expect(origins[`${writer}.memory`]).toBe('3008MB domains/market.yaml:20:19');
    expect(origins[`${writer}.batching_window`]).toBe('1s config/environments/local.yaml:3:28');
    expect(origins[`${writer}.timeout`]).toBe('120s config/platform.yaml:8:12');
    expect(origins['writer.memory']).toBe('1769MB config/platform.yaml:7:11');
  });

  it('follow the defaults of platform, environment and domain down to the stream', () => {
    const changes = {
      'config/environments/local.yaml': `${LOCAL}defaults: { watermark: { delay: 20s, idle: 2m } }\n`,
      'domains/market.yaml': `${MARKET.replace(KEY, `${KEY}\n    watermark: { delay: 40s }`)}defaults: { watermark: { idle: 3m } }\n`,
    };
    const origins = originsOf(changes);
    expect(origins[`${TRADE}.watermark.delay`]).toBe('40s domains/market.yaml:7:25');
    expect(origins[`${TRADE}.watermark.idle`]).toBe('3m domains/market.yaml:21:32');
    expect(origins[`${TRADE}.watermark.max_future_skew`]).toBe('5s config/platform.yaml:20:55');
  });

  it('say that nobody set a value', () => {
    const origins = originsOf();
    expect(origins[`${TRADE}.rate.peak`]).toBe('1x default');
    expect(origins[`${TRADE}.dedupe.horizon`]).toBe('1h default');
    expect(origins[`${TRADE}.retention.bronze`]).toBe('7y default');
  });

  it('say that the category decides the event time, or that nothing does', () => {
    expect(originsOf()[`${TRADE}.event_time`]).toBe(
      'timestamp category config/categories/market.tick.yaml:3:13',
    );
    const reading =
      'domain: market\nowner: me\nstreams:\n  reading:\n    category: sensor.reading\n    key: sensor_id\n    fields: { event_id: string, sensor_id: string, value: float }\n';
    const origins = originsOf({ 'domains/market.yaml': reading });
    expect(origins['domains.market.streams.reading.event_time']).toBe('null default');
    expect(origins['domains.market.streams.reading.identity']).toBe('["event_id"] default');
  });

  it('give a list and a field one place each, because layers replace them whole', () => {
    const origins = originsOf(market(KEY, `${KEY}\n    partition: { bronze: [symbol] }`));
    expect(origins[`${TRADE}.partition.bronze`]).toBe('["symbol"] domains/market.yaml:7:26');
    expect(origins[`${TRADE}.fields.fee`]).toBe(
      '{"type":"money","currency":"USD","optional":true} domains/market.yaml:15:12',
    );
  });

  it('keep buffer and topics of the domain apart from the defaults they come from', () => {
    const origins = originsOf({ 'domains/market.yaml': `topics: stream\n${MARKET}` });
    expect(origins['domains.market.topics']).toBe('stream domains/market.yaml:1:9');
    expect(origins['domains.market.buffer']).toBe('kinesis config/platform.yaml:18:11');
  });

  it('show the overrides of the environment in use', () => {
    const path = 'domains.market.writer.batching_window';
    expect(originsOf({}, { environment: 'prod' })[path]).toBe('30s config/platform.yaml:10:20');
  });

  it('are frozen to their leaves', () => {
    const reading = parse();
    const value = reading.ok ? reading.origins[`${TRADE}.identity`] : undefined;
    expect(Object.isFrozen(value)).toBe(true);
    expect(Object.isFrozen(value?.value)).toBe(true);
    expect(Object.isFrozen(value?.origin)).toBe(true);
  });

  it('come in the order of the files, environment first', () => {
    const paths = Object.keys(originsOf({ 'config/platform.yaml': PLATFORM }));
    expect(paths[0]).toBe('name');
    const firstDomain = paths.findIndex((path) => path.startsWith('domains.'));
    expect(paths.slice(firstDomain).every((path) => path.startsWith('domains.market.'))).toBe(true);
  });
});
