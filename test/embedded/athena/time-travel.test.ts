import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { type Lake, startLake } from './start-lake.ts';

let lake: Lake;
let first: TableMetadata;
beforeAll(async () => {
  lake = await startLake();
  await lake.createTable({ name: 'versions', columns: { id: 'long' } });
  first = await lake.append('versions', [{ id: 1n }]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await lake.append('versions', [{ id: 2n }]);
  const firstId = first['current-snapshot-id'] ?? 0n;
  await lake.rewrite('versions', (metadata) => ({
    ...metadata,
    refs: { ...metadata.refs, before: { 'snapshot-id': firstId, type: 'tag' } },
  }));
});
afterAll(() => lake.close());

const rowsOf = async (sql: string): Promise<readonly (readonly (string | null)[])[]> =>
  (await lake.query(sql)).rows;

describe('FOR VERSION AS OF', () => {
  it('reads a snapshot by id', async () => {
    const id = first['current-snapshot-id'];
    expect(await rowsOf(`SELECT id FROM versions FOR VERSION AS OF ${id}`)).toEqual([['1']]);
    expect(
      await rowsOf(
        `SELECT count(*) FROM versions v1 JOIN versions FOR VERSION AS OF ${id} AS v0 ON v1.id = v0.id`,
      ),
    ).toEqual([['1']]);
  });

  it('reads a tag and a branch by name', async () => {
    expect(await rowsOf("SELECT id FROM versions FOR VERSION AS OF 'before'")).toEqual([['1']]);
    expect(await rowsOf("SELECT count(*) FROM versions FOR VERSION AS OF 'main'")).toEqual([['2']]);
  });

  it.each([
    ['9', 'NOT_SUPPORTED: Unsupported type for table version: integer'],
    ["BIGINT '5'", 'INVALID_ARGUMENTS: Iceberg snapshot ID does not exists: 5'],
    ["'nope'", 'INVALID_ARGUMENTS: Cannot find snapshot with reference name: nope'],
    ["'__proto__'", 'Cannot find snapshot with reference name: __proto__'],
    ['NULL', 'INVALID_ARGUMENTS: line 1:24: Pointer value cannot be NULL'],
    ['(SELECT 1)', 'NOT_SUPPORTED'],
  ])('%s fails', async (version, reason) => {
    await expect(lake.query(`SELECT * FROM versions FOR VERSION AS OF ${version}`)).rejects.toThrow(
      reason,
    );
  });
});

describe('FOR TIMESTAMP AS OF', () => {
  it('reads the snapshot that was current then', async () => {
    const at = new Date(first['last-updated-ms']).toISOString();
    const literal = `TIMESTAMP '${at.slice(0, 10)} ${at.slice(11, 23)} UTC'`;
    expect(await rowsOf(`SELECT id FROM versions FOR TIMESTAMP AS OF ${literal}`)).toEqual([['1']]);
    expect(
      await rowsOf(
        "SELECT count(*) FROM versions FOR TIMESTAMP AS OF (current_timestamp - interval '0.001' second)",
      ),
    ).toEqual([['2']]);
  });

  it.each([
    [
      "TIMESTAMP '2020-01-01 00:00:00 UTC'",
      'INVALID_ARGUMENTS: No version history table market.versions at or before 2020-01-01T00:00:00Z',
    ],
    ["DATE '2020-01-01'", 'at or before 2020-01-01T00:00:00Z'],
    ["TIMESTAMP '2019-12-31 23:59:59.9999'", 'at or before 2019-12-31T23:59:59.999Z'],
    [
      "TIMESTAMP '2999-01-01 00:00:00'",
      "INVALID_ARGUMENTS: line 1:24: Pointer value '2999-01-01 00:00:00' is not in the past",
    ],
    ['current_timestamp', 'is not in the past'],
    [
      "'2020-01-01'",
      'TYPE_MISMATCH: line 1:24: Type varchar(10) invalid. Temporal pointers must be of type Timestamp, Timestamp with Time Zone, or Date.',
    ],
    ['CAST(NULL AS timestamp)', 'Pointer value cannot be NULL'],
  ])('%s fails', async (time, reason) => {
    await expect(lake.query(`SELECT * FROM versions FOR TIMESTAMP AS OF ${time}`)).rejects.toThrow(
      reason,
    );
  });
});

it('is refused on metadata tables', async () => {
  await expect(
    lake.query(`SELECT * FROM "versions$files" FOR VERSION AS OF 'main'`),
  ).rejects.toThrow('does not support FOR … AS OF on metadata tables');
});
