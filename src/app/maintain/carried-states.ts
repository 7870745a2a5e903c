import { encodeSourceStates, readSourceStates, SOURCES_KEY } from '#core/delivery/source-state.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';

/** Tells in a snapshot's summary which job of ours made it. */
export const MAINTENANCE_KEY = 'sluice.maintenance';

/**
 * What a commit of maintenance says besides its files: which job it is, and the states of the sources as they are. Rows do not
 * move a position, but the next reader of the states must find them on the nearest snapshot.
 */
export function carryStates(
  base: TableMetadata,
  job: 'compaction' | 'retention',
): {
  readonly summary: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
} {
  const states = readSourceStates(base);
  const carried: Readonly<Record<string, string>> =
    states.size === 0 ? {} : { [SOURCES_KEY]: encodeSourceStates(states) };
  return { summary: { ...carried, [MAINTENANCE_KEY]: job }, properties: carried };
}
