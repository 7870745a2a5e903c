import { positionKey } from '#core/delivery/position.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { Row } from '#core/schema/field.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableReader } from '#ports/table-reader.ts';
import { arrivalWindow, filesArrivedIn } from './arrived-files.ts';

const POSITION_COLUMNS = ['_source', '_sequence', '_sub_sequence'] as const;

/**
 * Positions (positionKey) of a source's rows in a table, as far as they arrived when the events did; a
 * row has the arrival time of its event. None for no events.
 */
export async function readPositions(
  deps: { readonly store: ObjectStore; readonly reader: TableReader },
  metadata: TableMetadata,
  options: {
    readonly source: string;
    readonly events: readonly { readonly arrivalMicros: bigint }[];
  },
): Promise<ReadonlySet<string>> {
  const positions = new Set<string>();
  if (options.events.length === 0) return positions;
  const files = await filesArrivedIn((uri) => deps.store.get(uri), metadata, {
    window: arrivalWindow(options.events),
  });
  for (const { path } of files) {
    for (const row of await deps.reader.readRows(path, POSITION_COLUMNS)) {
      if (row['_source'] === options.source) positions.add(rowPositionKey(row));
    }
  }
  return positions;
}

function rowPositionKey(row: Row): string {
  return positionKey({
    sequence: String(row['_sequence']),
    subSequence: Number(row['_sub_sequence']),
  });
}
