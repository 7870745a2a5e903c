import type { TableMetadata } from '../spec/table-metadata.ts';
import type { TableRequirement } from './table-update.ts';

/**
 * The first requirement that the table does not meet, in words; null when it meets all. `metadata` is null where there
 * is no table. Source: Iceberg REST catalog API, TableRequirement.
 */
export function findUnmetRequirement(
  requirements: readonly TableRequirement[],
  metadata: TableMetadata | null,
): string | null {
  for (const requirement of requirements) {
    const unmet = judge(requirement, metadata);
    if (unmet !== null) return `Requirement failed: ${unmet}`;
  }
  return null;
}

function judge(requirement: TableRequirement, metadata: TableMetadata | null): string | null {
  if (requirement.type === 'assert-create')
    return metadata === null ? null : 'table already exists';
  if (metadata === null) return 'there is no such table';
  switch (requirement.type) {
    case 'assert-table-uuid':
      return same('UUID', requirement.uuid.toLowerCase(), metadata['table-uuid'].toLowerCase());
    case 'assert-ref-snapshot-id': {
      const { ref } = requirement;
      const id = Object.hasOwn(metadata.refs, ref) ? metadata.refs[ref]?.['snapshot-id'] : null;
      return same(`branch or tag ${ref}`, requirement['snapshot-id'], id ?? null);
    }
    case 'assert-last-assigned-field-id': {
      const expected = requirement['last-assigned-field-id'];
      return same('last assigned field id', expected, metadata['last-column-id']);
    }
    case 'assert-current-schema-id': {
      const expected = requirement['current-schema-id'];
      return same('current schema id', expected, metadata['current-schema-id']);
    }
    case 'assert-last-assigned-partition-id': {
      const expected = requirement['last-assigned-partition-id'];
      return same('last assigned partition id', expected, metadata['last-partition-id']);
    }
    case 'assert-default-spec-id': {
      const expected = requirement['default-spec-id'];
      return same('default partition spec id', expected, metadata['default-spec-id']);
    }
    case 'assert-default-sort-order-id': {
      const expected = requirement['default-sort-order-id'];
      return same('default sort order id', expected, metadata['default-sort-order-id']);
    }
  }
}

function same<T>(what: string, expected: T, found: T): string | null {
  return expected === found ? null : `${what}: expected ${expected}, found ${found}`;
}
