import { describe, expect, it } from 'vitest';
import { optimizeTable } from '#app/maintain/optimize-table.ts';
import { SluiceError } from '#core/errors.ts';
import type { QueryEngine } from '#ports/query-engine.ts';

const TABLE = { database: 'prod_market_bronze', table: 'trade' };

function engine(answer: (sql: string) => void): { readonly sent: string[]; queries: QueryEngine } {
  const sent: string[] = [];
  const query = async (sql: string) => {
    sent.push(sql);
    answer(sql);
    return { columns: [], rows: [], scannedBytes: 0, milliseconds: 0 };
  };
  return { sent, queries: { query } };
}

describe('optimizeTable', () => {
  it('sets the age before it clears up', async () => {
    const { sent, queries } = engine(() => {});
    await optimizeTable(queries, TABLE, { snapshotAgeMs: 30 * 86_400_000 });
    expect(sent).toEqual([
      "ALTER TABLE `trade` SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='2592000')",
      'OPTIMIZE "trade" REWRITE DATA USING BIN_PACK',
      'VACUUM `trade`',
    ]);
  });

  it('sends VACUUM again while more files are left', async () => {
    let left = 3;
    const { sent, queries } = engine((sql) => {
      if (sql.startsWith('VACUUM') && left-- > 0) {
        throw new SluiceError(
          'QUERY_FAILED',
          'ICEBERG_VACUUM_MORE_RUNS_NEEDED: removed 1000 files',
        );
      }
    });
    await optimizeTable(queries, TABLE, { snapshotAgeMs: 1_000 });
    expect(sent.filter((sql) => sql.startsWith('VACUUM')).length).toBe(4);
  });

  it('clears nothing up when the age could not be set', async () => {
    const { sent, queries } = engine(() => {
      throw new SluiceError('QUERY_FAILED', 'no');
    });
    await expect(optimizeTable(queries, TABLE, { snapshotAgeMs: 1_000 })).rejects.toThrow('no');
    expect(sent.length).toBe(1);
  });
});
