import type { Stream } from '#core/config/project.ts';
import type { Field, FieldType } from '#core/schema/field.ts';

export function field(name: string, type: FieldType, options: Partial<Field> = {}): Field {
  return { name, type, optional: false, aliases: [], examples: [], allowNan: false, ...options };
}

/** A resolved stream with trades; parts can be replaced. */
export function tradeStream(parts: Partial<Stream> = {}): Stream {
  return {
    domain: 'market',
    name: 'trade',
    category: 'market.tick',
    description: '',
    key: 'symbol',
    eventTime: 'timestamp',
    fields: [
      field('source_system', { kind: 'string' }, { examples: ['nyse'] }),
      field('trade_id', { kind: 'string' }),
      field('symbol', { kind: 'string' }, { examples: ['AAPL', 'CLZ26'] }),
      field('timestamp', { kind: 'timestamp_micros' }),
      field('price', { kind: 'double' }),
      field('size', { kind: 'double' }),
      field('fee', { kind: 'money', currency: 'USD' }, { optional: true }),
    ],
    identity: ['source_system', 'trade_id'],
    watermark: { delayMs: 10_000, idleMs: 60_000, maxFutureSkewMs: 5_000 },
    quality: [{ name: 'positive_price', rule: 'price > 0', onFail: 'reject' }],
    mapping: [],
    partition: { bronze: [] },
    rate: { expectedPerSecond: 200, peakPerSecond: 200, bytes: 120 },
    retention: { bronzeDays: 2_555 },
    compatibility: 'BACKWARD_TRANSITIVE',
    dedupe: { horizonMs: 3_600_000 },
    sinks: ['bronze'],
    generate: { symbol: 'zipf(500)', price: 'walk(100, 0.02)' },
    ...parts,
  };
}
