import { partitionFieldName } from '#core/config/partition-term.ts';
import type { PartitionTerm } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';

/** Iceberg v2 §Partition Evolution: partition field ids start here. */
const FIRST_PARTITION_FIELD_ID = 1000;

/** The Iceberg partition spec of terms that refer to columns of the schema. Throws CONFIG_INVALID for a missing column. */
export function toPartitionSpec(
  terms: readonly PartitionTerm[],
  schema: Pick<Schema, 'fields'>,
): PartitionSpec {
  const fields = terms.map((term, index) => {
    const column = schema.fields.find((field) => field.name === term.column);
    if (column === undefined) {
      throw new SluiceError(
        'CONFIG_INVALID',
        `partition term ${partitionTermText(term)}: expected a column of the table at its creation, got "${term.column}"`,
      );
    }
    return {
      'source-id': column.id,
      'field-id': FIRST_PARTITION_FIELD_ID + index,
      name: partitionFieldName(term),
      transform: transformText(term),
    };
  });
  return { 'spec-id': 0, fields };
}

function transformText(term: PartitionTerm): string {
  return term.parameter === null ? term.transform : `${term.transform}[${term.parameter}]`;
}

/** The term as the user writes it: `hour(_ingested_at)`, `bucket(16, symbol)`. */
export function partitionTermText(term: PartitionTerm): string {
  if (term.transform === 'identity') return term.column;
  const parameter = term.parameter === null ? '' : `${term.parameter}, `;
  return `${term.transform}(${parameter}${term.column})`;
}
