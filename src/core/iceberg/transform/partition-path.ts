import type { PartitionSpec, PartitionTuple } from '../spec/partition.ts';
import type { Schema } from '../spec/schema.ts';
import { bindPartitionSpec } from './bind-partition-spec.ts';
import { humanString } from './human-string.ts';

/** Longest human string in a path, in code points: S3 keys end at 1,024 bytes and a value can be any text. */
const MAX_VALUE_POINTS = 32;

/**
 * Folder of a partition, `ts_hour=2026-11-20-18/symbol=A%26B`; empty for an unpartitioned table.
 * For people only: different partitions can have the same path (see partitionKey), the exact values
 * are in the manifest.
 */
export function partitionPath(
  spec: PartitionSpec,
  schema: Pick<Schema, 'fields'>,
  tuple: PartitionTuple,
): string {
  return bindPartitionSpec(spec, schema)
    .map((field, index) => {
      const text = humanString(field.transform, field.sourceType, tuple[index] ?? null);
      return `${escapeSegment(field.name)}=${escapeSegment(shorten(text))}`;
    })
    .join('/');
}

function shorten(text: string): string {
  if (text.length <= MAX_VALUE_POINTS) return text;
  return [...text].slice(0, MAX_VALUE_POINTS).join('');
}

/** Percent-encodes all but letters, digits, `-`, `_` and `.`, so that no engine or shell reads a value as syntax. */
function escapeSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
