import { SluiceError } from '../errors.ts';
import type { TableMetadata } from '../iceberg/spec/table-metadata.ts';
import { setCurrentSnapshot } from '../iceberg/transaction/set-current-snapshot.ts';
import { setProperties } from '../iceberg/transaction/set-properties.ts';
import { lineOf } from '../iceberg/transaction/snapshot-line.ts';
import { decodeSourceStates, SOURCES_KEY, type SourceStates } from './source-state.ts';

/**
 * The source states that held at a snapshot: those of the nearest one on its line that carries any. None when the line
 * is known to its beginning and nobody wrote any. Throws TABLE_INVALID when the line ends at an expired parent before
 * one is found: the table's property tells the newest states only, and to go on from them would lose rows in silence.
 */
export function sourceStatesAt(metadata: TableMetadata, snapshotId: bigint): SourceStates {
  const line = lineOf(metadata, snapshotId);
  const text = line.map(({ summary }) => summary[SOURCES_KEY]).find((each) => each !== undefined);
  if (text !== undefined) return decodeSourceStates(text);
  const isWhole = line.at(-1)?.['parent-snapshot-id'] === undefined;
  if (isWhole || metadata.properties[SOURCES_KEY] === undefined) return new Map();
  throw new SluiceError(
    'TABLE_INVALID',
    `snapshot ${snapshotId}: how far the table had read its sources is not known, the commits that say so have expired; name a younger snapshot or a tag`,
    { context: { snapshotId } },
  );
}

/**
 * The table with another current snapshot, and with its own account of what it has read in both places where it stands:
 * the snapshot says it by itself, the property is set to the same. Throws as setCurrentSnapshot and sourceStatesAt.
 */
export function rollBackWithStates(
  metadata: TableMetadata,
  snapshotId: bigint,
  options: { readonly nowMs: number },
): TableMetadata {
  const moved = setCurrentSnapshot(metadata, snapshotId, options);
  if (moved === metadata) return metadata;
  sourceStatesAt(metadata, snapshotId);
  const text = lineOf(metadata, snapshotId)
    .map(({ summary }) => summary[SOURCES_KEY])
    .find((each) => each !== undefined);
  if (text === undefined && metadata.properties[SOURCES_KEY] === undefined) return moved;
  return setProperties(moved, { [SOURCES_KEY]: text ?? '{}' });
}
