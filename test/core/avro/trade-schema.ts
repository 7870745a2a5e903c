import type { Field, FieldType, Row } from '#core/schema/field.ts';

export function field(name: string, type: FieldType, options: Partial<Field> = {}): Field {
  return { name, type, optional: false, aliases: [], examples: [], allowNan: false, ...options };
}

export const TRADE_FIELDS: readonly Field[] = [
  field('source_system', { kind: 'string' }),
  field('trade_id', { kind: 'string' }),
  field('symbol', { kind: 'string' }),
  field('timestamp', { kind: 'timestamp_micros' }),
  field('price', { kind: 'double' }),
  field('size', { kind: 'double' }),
  field('fee', { kind: 'money', currency: 'USD' }, { optional: true }),
  field('venue', { kind: 'string' }, { optional: true }),
  field('side', { kind: 'enum', symbols: ['BUY', 'SELL'] }),
  field('sequence', { kind: 'long' }),
];

export const TRADE_SCHEMA = {
  type: 'record',
  name: 'trade',
  namespace: 'market',
  fields: [
    { name: 'source_system', type: 'string' },
    { name: 'trade_id', type: 'string' },
    { name: 'symbol', type: 'string' },
    { name: 'timestamp', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'price', type: 'double' },
    { name: 'size', type: 'double' },
    { name: 'fee_cents', type: ['null', 'long'], default: null },
    { name: 'venue', type: ['null', 'string'], default: null },
    { name: 'side', type: { type: 'enum', name: 'side', symbols: ['BUY', 'SELL'] } },
    { name: 'sequence', type: 'long' },
  ],
};

export const TRADE_ROW: Row = {
  source_system: 'generator',
  trade_id: '00000000001234',
  symbol: 'AAPL',
  timestamp: 1_763_660_000_123_456n,
  price: 101.5,
  size: 3,
  fee_cents: 12n,
  venue: 'XNAS',
  side: 'SELL',
  sequence: 9_007_199_254_740_993n,
};
