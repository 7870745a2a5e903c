import { SluiceError } from '../../errors.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';

/** Names that engines derive from metadata and show as properties; stored, they would contradict it. */
const RESERVED: ReadonlySet<string> = new Set([
  'format-version',
  'uuid',
  'snapshot-count',
  'current-snapshot-summary',
  'current-snapshot-id',
  'current-snapshot-timestamp-ms',
  'current-schema',
  'default-partition-spec',
  'default-sort-order',
]);

/** Sets table properties and keeps the others. Throws TABLE_INVALID for a reserved name. */
export function setProperties(
  metadata: TableMetadata,
  properties: Readonly<Record<string, string>>,
): TableMetadata {
  const reserved = Object.keys(properties).find((name) => RESERVED.has(name));
  if (reserved !== undefined) {
    throw new SluiceError(
      'TABLE_INVALID',
      `table property ${reserved} is reserved; choose another name`,
    );
  }
  return { ...metadata, properties: { ...metadata.properties, ...properties } };
}

/** Takes table properties away; names that are not set are no mistake. */
export function removeProperties(metadata: TableMetadata, names: readonly string[]): TableMetadata {
  const removed = new Set(names);
  const kept = Object.entries(metadata.properties).filter(([name]) => !removed.has(name));
  if (kept.length === Object.keys(metadata.properties).length) return metadata;
  return { ...metadata, properties: Object.fromEntries(kept) };
}

/** An integer property within limits; the default where it is missing or is no such number. */
export function integerProperty(
  metadata: TableMetadata,
  name: string,
  options: { readonly default: number; readonly min: number },
): number {
  const value = Number(metadata.properties[name] ?? Number.NaN);
  return Number.isSafeInteger(value) && value >= options.min ? value : options.default;
}
