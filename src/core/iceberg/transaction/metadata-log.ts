import type { TableMetadata } from '../spec/table-metadata.ts';
import { extendMetadataLog } from './plan-snapshot.ts';

/**
 * The metadata that a change of metadata alone commits: later than its base, which it logs. A change that has set a
 * time of its own (a rollback) keeps it.
 */
export function withLoggedBase(
  base: TableMetadata,
  changed: TableMetadata,
  options: { readonly baseLocation: string; readonly nowMs: number },
): TableMetadata {
  const earliestMs = base['last-updated-ms'] + 1;
  const isDated = changed['last-updated-ms'] >= earliestMs;
  return {
    ...changed,
    'last-updated-ms': isDated ? changed['last-updated-ms'] : Math.max(options.nowMs, earliestMs),
    'metadata-log': extendMetadataLog(
      { ...base, properties: changed.properties },
      options.baseLocation,
    ),
  };
}
