import { describe, expect, it } from 'vitest';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { EMPTY_CURSOR, type LedgerCursor } from '#core/ledger/ledger-cursor.ts';
import {
  encodeLedgerCursor,
  LEDGER_KEY,
  ledgerCursorText,
  readLedgerCursor,
} from '#core/ledger/ledger-cursor-codec.ts';
import { NO_LEDGER_COUNTS } from '#core/ledger/ledger-entry.ts';
import { HOUR_10, SHARD, TableHistory } from './table-history.ts';

const CURSOR: LedgerCursor = {
  shards: new Map([
    ['shardId-000000000000', { sequence: '4950', readToMs: 1000, ended: true }],
    ['shardId-000000000001', { sequence: null, readToMs: null, ended: false }],
  ]),
  toEnd: true,
  listedMs: 900,
  gaps: [{ source: SHARD, fromMs: null, toMs: 800, events: 3 }],
  tables: new Map([
    [
      'trade',
      {
        tableUuid: 'u',
        snapshotId: 9_223_372_036_854_775_807n,
        sequenceNumber: 7n,
        booked: new Map([[SHARD, { ...NO_LEDGER_COUNTS, committed: 4, late: 1 }]]),
      },
    ],
  ]),
  receipts: new Map([
    [
      'trade',
      {
        producers: new Map([
          ['__proto__', 4],
          ['demo-1', 5],
        ]),
        others: 6,
      },
    ],
  ]),
  failures: { through: { timeMs: 700, uri: 's3://d/x' }, mappings: ['m'] },
  files: { booked: ['file:trades/a.csv@1'], open: ['file:trades/b.csv@2'] },
  open: [{ stream: 'trade', source: SHARD, hour: HOUR_10, difference: -2 }],
  totals: new Map([['trade', { ...NO_LEDGER_COUNTS, received: 9, acknowledged: 8 }]]),
  writtenMs: 1100,
};

/** A table whose newest snapshot and properties hold texts; null leaves one out. */
function table(texts: {
  readonly summary: string | null;
  readonly property: string | null;
}): TableMetadata {
  const history = new TableHistory();
  history.foreignCommit();
  const { metadata } = history;
  const entryOf = (text: string | null): Record<string, string> =>
    text === null ? {} : { [LEDGER_KEY]: text };
  return {
    ...metadata,
    properties: entryOf(texts.property),
    snapshots: metadata.snapshots.map((snapshot) => ({
      ...snapshot,
      summary: { operation: 'append', ...entryOf(texts.summary) },
    })),
  };
}

const EMPTY = table({ summary: null, property: null });

describe('ledger cursor', () => {
  it('survives being written and read', () => {
    const text = encodeLedgerCursor(EMPTY, 'market', CURSOR);
    expect(readLedgerCursor(table({ summary: text, property: text }), 'market')).toEqual(CURSOR);
  });

  it('is empty before the first run of a domain', () => {
    expect(readLedgerCursor(EMPTY, 'market')).toEqual(EMPTY_CURSOR);
    const text = encodeLedgerCursor(EMPTY, 'market', CURSOR);
    expect(readLedgerCursor(table({ summary: text, property: null }), 'city')).toEqual(
      EMPTY_CURSOR,
    );
  });

  it('leaves those of other domains as they are written, keys of later versions included', () => {
    const other = '{"city":{"of":"a later version"}}';
    const text = encodeLedgerCursor(table({ summary: other, property: null }), 'market', CURSOR);
    expect(JSON.parse(text)).toMatchObject({ city: { of: 'a later version' }, market: {} });
  });

  it('rolls back with its table: the snapshot wins', () => {
    const older = encodeLedgerCursor(EMPTY, 'market', { ...CURSOR, writtenMs: 1 });
    const newer = encodeLedgerCursor(EMPTY, 'market', { ...CURSOR, writtenMs: 2 });
    const rolledBack = table({ summary: older, property: newer });
    expect(readLedgerCursor(rolledBack, 'market').writtenMs).toBe(1);
  });

  it('is found in the property when the snapshots that held it have expired', () => {
    const text = encodeLedgerCursor(EMPTY, 'market', CURSOR);
    expect(readLedgerCursor(table({ summary: null, property: text }), 'market')).toEqual(CURSOR);
  });

  it('changes its text with every run, and only then', () => {
    const text = encodeLedgerCursor(EMPTY, 'market', CURSOR);
    const again = encodeLedgerCursor(table({ summary: text, property: text }), 'city', CURSOR);
    const before = ledgerCursorText(table({ summary: text, property: text }), 'market');
    expect(ledgerCursorText(table({ summary: again, property: again }), 'market')).toBe(before);
    const next = encodeLedgerCursor(EMPTY, 'market', { ...CURSOR, writtenMs: 1101 });
    expect(ledgerCursorText(table({ summary: next, property: next }), 'market')).not.toBe(before);
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['another shape', '{"market":{"shards":[]}}'],
  ])('is refused when it is %s', (_, text) => {
    expect(() => readLedgerCursor(table({ summary: text, property: null }), 'market')).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID' }),
    );
  });
});
