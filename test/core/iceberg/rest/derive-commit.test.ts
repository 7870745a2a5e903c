import { describe, expect, it } from 'vitest';
import { applyUpdates } from '#core/iceberg/rest/apply-updates.ts';
import { deriveCommit } from '#core/iceberg/rest/derive-commit.ts';
import { findUnmetRequirement } from '#core/iceberg/rest/find-unmet-requirement.ts';
import { parseCommit } from '#core/iceberg/rest/parse-commit.ts';
import type { TableUpdate } from '#core/iceberg/rest/table-update.ts';
import { parseBigintJson, stringifyBigintJson } from '#core/iceberg/spec/bigint-json.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { evolveSchema } from '#core/iceberg/transaction/evolve-schema.ts';
import { appendUpdates, essence } from '#test/contracts/table-states.ts';
import { seededRandom } from '#test/core/iceberg/fixed-world.ts';
import { tradesMetadata } from '#test/core/iceberg/trades-table.ts';

const LOCATION = 's3://lake/market/trades/metadata/00000-a.metadata.json';

function apply(metadata: TableMetadata, updates: readonly TableUpdate[]): TableMetadata {
  const nowMs = metadata['last-updated-ms'] + 10;
  return applyUpdates({ metadata, location: LOCATION }, updates, { nowMs });
}

/** What a server makes of the commit, sent as JSON. */
function sent(base: TableMetadata, next: TableMetadata): TableMetadata {
  const commit = parseCommit(parseBigintJson(stringifyBigintJson(deriveCommit(base, next))));
  expect(findUnmetRequirement(commit.requirements, base)).toBeNull();
  return apply(base, commit.updates);
}

function setRef(name: string, type: 'branch' | 'tag', id: bigint): TableUpdate {
  return { action: 'set-snapshot-ref', 'ref-name': name, type, 'snapshot-id': id };
}

describe('deriveCommit', () => {
  it('sends nothing where nothing changes', () => {
    expect(deriveCommit(tradesMetadata(), tradesMetadata()).updates).toEqual([]);
  });

  it('pins everything that the API can compare', () => {
    const base = apply(apply(tradesMetadata(), appendUpdates(tradesMetadata(), 5n)), [
      setRef('audit', 'tag', 5n),
    ]);
    const next = apply(base, [setRef('dev', 'branch', 5n)]);
    expect(deriveCommit(base, next).requirements).toEqual([
      { type: 'assert-table-uuid', uuid: base['table-uuid'] },
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 5n },
      { type: 'assert-ref-snapshot-id', ref: 'audit', 'snapshot-id': 5n },
      { type: 'assert-ref-snapshot-id', ref: 'dev', 'snapshot-id': null },
      { type: 'assert-current-schema-id', 'current-schema-id': 0 },
      { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': 6 },
      { type: 'assert-last-assigned-partition-id', 'last-assigned-partition-id': 1001 },
      { type: 'assert-default-spec-id', 'default-spec-id': 0 },
      { type: 'assert-default-sort-order-id', 'default-sort-order-id': 0 },
    ]);
  });

  it('carries a schema change as the writer makes it', () => {
    const base = tradesMetadata();
    const next = evolveSchema(base, [
      { kind: 'add-column', path: ['note'], type: 'string' },
      { kind: 'widen-column', path: ['size'], type: 'long' },
    ]);
    expect(deriveCommit(base, next).updates).toEqual([
      { action: 'add-schema', schema: next.schemas[1] },
      { action: 'set-current-schema', 'schema-id': -1 },
    ]);
    expect(essence(sent(base, next))).toEqual(essence(next));
  });

  it('carries statistics, and says nothing of those that go with their snapshot', () => {
    const file = (id: bigint) => ({ 'snapshot-id': id, 'statistics-path': `s3://lake/${id}` });
    let base = tradesMetadata();
    for (const id of [1n, 2n, 3n]) base = apply(base, appendUpdates(base, id));
    base = apply(base, [
      { action: 'set-statistics', statistics: file(1n) },
      { action: 'set-statistics', statistics: file(2n) },
      { action: 'set-partition-statistics', 'partition-statistics': file(2n) },
    ]);
    const next = apply(base, [
      { action: 'remove-snapshots', 'snapshot-ids': [1n] },
      { action: 'remove-statistics', 'snapshot-id': 2n },
      { action: 'remove-partition-statistics', 'snapshot-id': 2n },
      { action: 'set-statistics', statistics: file(3n) },
    ]);
    expect(essence(sent(base, next))).toEqual(essence(next));
    const actions = deriveCommit(base, next).updates.map(({ action }) => action);
    expect(actions.filter((action) => action === 'remove-statistics')).toHaveLength(1);
  });

  it('refuses a state of another table', () => {
    const other = { ...tradesMetadata(), 'table-uuid': '11111111-03fe-4693-9a96-a0705ddf69c1' };
    expect(() => deriveCommit(tradesMetadata(), other)).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID' }),
    );
  });

  it.each<[string, (base: TableMetadata) => TableMetadata]>([
    ['a key nobody knows', (base) => ({ ...base, 'row-lineage': true })],
    ['a sort order that is gone', (base) => ({ ...base, 'sort-orders': [] })],
    [
      'another schema under an id',
      (base) => ({
        ...base,
        schemas: base.schemas.map((schema) => ({ ...schema, fields: schema.fields.slice(0, 3) })),
      }),
    ],
    [
      'another snapshot under an id',
      (base) => ({
        ...base,
        snapshots: base.snapshots.map((each) => ({ ...each, summary: { operation: 'delete' } })),
      }),
    ],
  ])('refuses %s rather than losing it', (_, change) => {
    const base = apply(tradesMetadata(), appendUpdates(tradesMetadata(), 1n));
    expect(() => deriveCommit(base, change(base))).toThrow(
      expect.objectContaining({ code: 'FEATURE_UNSUPPORTED' }),
    );
  });

  it('takes a table through any history of changes', () => {
    const random = seededRandom(11);
    const pick = <T>(items: readonly T[]): T | undefined =>
      items[Math.floor(random.next() * items.length)];
    let base = tradesMetadata();
    let serial = 0n;
    for (let step = 0; step < 200; step++) {
      let next = base;
      for (let change = 0; change < 3; change++) {
        serial++;
        const others = next.snapshots
          .map((each) => each['snapshot-id'])
          .filter((id) => id !== next['current-snapshot-id']);
        const some = pick(next.snapshots)?.['snapshot-id'];
        const kinds: readonly (readonly TableUpdate[])[] = [
          appendUpdates(next, serial),
          [{ action: 'set-properties', updates: { [`p${serial % 5n}`]: String(serial) } }],
          [{ action: 'remove-properties', removals: [`p${serial % 5n}`] }],
          some === undefined ? [] : [setRef(`r${serial % 3n}`, 'tag', some)],
          [{ action: 'remove-snapshot-ref', 'ref-name': `r${serial % 3n}` }],
          some === undefined ? [] : [setRef('main', 'branch', some)],
          [{ action: 'remove-snapshots', 'snapshot-ids': others.slice(0, 2) }],
          [{ action: 'set-location', location: `s3://lake/moved/${serial % 4n}` }],
        ];
        next = apply(next, pick(kinds) ?? []);
      }
      const result = sent(base, next);
      const { 'snapshot-log': _, ...expected } = essence(next);
      expect(result).toMatchObject(expected);
      base = result;
    }
  });
});
