import { describe, expect, it } from 'vitest';
import { findUnmetRequirement } from '#core/iceberg/rest/find-unmet-requirement.ts';
import type { TableRequirement } from '#core/iceberg/rest/table-update.ts';
import { TABLE_UUID, tradesMetadata } from '#test/core/iceberg/trades-table.ts';

const TABLE = tradesMetadata();

/** Met and unmet. */
const PAIRS: readonly (readonly [TableRequirement, TableRequirement])[] = [
  [
    { type: 'assert-table-uuid', uuid: TABLE_UUID.toUpperCase() },
    { type: 'assert-table-uuid', uuid: TABLE_UUID.replace('9', '8') },
  ],
  [
    { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': null },
    { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 1n },
  ],
  [
    { type: 'assert-ref-snapshot-id', ref: 'constructor', 'snapshot-id': null },
    { type: 'assert-ref-snapshot-id', ref: 'constructor', 'snapshot-id': 0n },
  ],
  [
    { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': 6 },
    { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': 7 },
  ],
  [
    { type: 'assert-current-schema-id', 'current-schema-id': 0 },
    { type: 'assert-current-schema-id', 'current-schema-id': 1 },
  ],
  [
    { type: 'assert-last-assigned-partition-id', 'last-assigned-partition-id': 1001 },
    { type: 'assert-last-assigned-partition-id', 'last-assigned-partition-id': 1000 },
  ],
  [
    { type: 'assert-default-spec-id', 'default-spec-id': 0 },
    { type: 'assert-default-spec-id', 'default-spec-id': 1 },
  ],
  [
    { type: 'assert-default-sort-order-id', 'default-sort-order-id': 0 },
    { type: 'assert-default-sort-order-id', 'default-sort-order-id': 1 },
  ],
];

describe('findUnmetRequirement', () => {
  it.each(PAIRS.map(([met, unmet]) => ({ met, unmet })))('checks $met.type', ({ met, unmet }) => {
    expect(findUnmetRequirement([met], TABLE)).toBeNull();
    expect(findUnmetRequirement([met, unmet], TABLE)).toMatch(/^Requirement failed: .*expected/);
  });

  it('tells a table that is to be created from one that is there', () => {
    const create: TableRequirement = { type: 'assert-create' };
    expect(findUnmetRequirement([create], null)).toBeNull();
    expect(findUnmetRequirement([create], TABLE)).toContain('table already exists');
    expect(
      findUnmetRequirement([{ type: 'assert-current-schema-id', 'current-schema-id': 0 }], null),
    ).toContain('there is no such table');
  });
});
