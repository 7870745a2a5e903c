import { describe, expect, it } from 'vitest';
import { bronzeColumns } from '#core/schema/bronze-table.ts';
import { tradeOf } from '#test/core/config/project-fixture.ts';

const ENVELOPE = [
  '_flags',
  '_event_id',
  '_ingested_at',
  '_source_system',
  '_schema_version',
  '_mapping_version',
  '_source',
  '_sequence',
  '_sub_sequence',
  '_late',
  '_extra',
];

describe('bronzeColumns', () => {
  const stream = tradeOf(
    'symbol: upper(symbol)',
    'symbol: upper(symbol)\n      notional: { type: double, value: price * size }',
  );
  const columns = bronzeColumns(stream);

  it('puts source fields first, then mapped, raw and envelope columns', () => {
    expect(columns.map((column) => column.name)).toEqual([
      'source_system',
      'trade_id',
      'symbol',
      'timestamp',
      'price',
      'size',
      'fee_cents',
      'notional',
      '_raw_symbol',
      ...ENVELOPE,
    ]);
  });

  it('tells where each value comes from', () => {
    const sources = new Map(columns.map((column) => [column.name, column.source]));
    expect(sources.get('price')).toEqual({ kind: 'field', field: 'price', mapped: false });
    expect(sources.get('symbol')).toEqual({ kind: 'field', field: 'symbol', mapped: true });
    expect(sources.get('fee_cents')).toEqual({ kind: 'field', field: 'fee', mapped: false });
    expect(sources.get('notional')).toEqual({ kind: 'mapping' });
    expect(sources.get('_raw_symbol')).toEqual({ kind: 'raw', field: 'symbol' });
    expect(sources.get('_late')).toEqual({ kind: 'envelope' });
  });

  it('lets only what can be missing be null', () => {
    const optional = columns.filter((column) => !column.required).map((column) => column.name);
    expect(optional).toEqual([
      'symbol',
      'fee_cents',
      'notional',
      '_raw_symbol',
      '_flags',
      '_extra',
    ]);
  });

  it('carries aliases to the raw column', () => {
    const renamed = tradeOf('trade_id: string', 'trade_id: { type: string, aliases: [deal_id] }');
    const mapping = [
      { column: 'trade_id', expression: 'trim(trade_id)', type: { kind: 'string' } as const },
    ];
    const raw = bronzeColumns({ ...renamed, mapping }).find(
      (column) => column.name === '_raw_trade_id',
    );
    expect(raw?.aliases).toEqual(['_raw_deal_id']);
  });
});
