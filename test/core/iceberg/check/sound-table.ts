import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import { commitTable } from '#app/commit-table.ts';
import { loadTable } from '#app/load-table.ts';
import { stageRows } from '#app/stage-rows.ts';
import { SluiceError } from '#core/errors.ts';
import { checkTable } from '#core/iceberg/check/check-table.ts';
import { decodeManifest, encodeManifest, type Manifest } from '#core/iceberg/spec/manifest.ts';
import type { ManifestEntry } from '#core/iceberg/spec/manifest-entry.ts';
import {
  decodeManifestList,
  encodeManifestList,
  type ManifestFile,
} from '#core/iceberg/spec/manifest-list.ts';
import type { Snapshot } from '#core/iceberg/spec/snapshot.ts';
import { describeManifest } from '#core/iceberg/spec/staged-manifest.ts';
import { serializeTableMetadata, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { evolveSchema } from '#core/iceberg/transaction/evolve-schema.ts';
import { bindPartitionSpec } from '#core/iceberg/transform/bind-partition-spec.ts';
import type { Row } from '#core/schema/field.ts';
import { EVERY_TYPE_SCHEMA, EVERY_TYPE_SPEC, everyTypeRows } from '../every-type-table.ts';
import { fixedClock, seededRandom } from '../fixed-world.ts';
import { LOCATION, tradesMetadata } from '../trades-table.ts';

const IDENT = { database: 'market', table: 'everything' };
const syncMarker = new Uint8Array(16);
const COMMITS = 5;
const DAY_MICROS = 86_400_000_000n;
/** The commit that comes with a new column and a wider one. */
const EVOLVING_COMMIT = 3;

/** A table and all its files, to be damaged in one place. */
export interface TableFiles {
  readonly metadata: TableMetadata;
  readonly objects: ReadonlyMap<string, Uint8Array>;
}

/**
 * A table as our writer makes it: columns of every type, four partition fields, five commits, an evolved
 * schema, and a merged manifest that carries files of earlier commits.
 */
export async function makeSoundTable(): Promise<TableFiles> {
  const clock = fixedClock();
  const store = new MemoryObjectStore({ clock });
  const catalog = new MemoryTableCatalog();
  const first = `${LOCATION}/metadata/00000-a0705ddf-69c1-4693-9a96-9c12d44103fe.metadata.json`;
  const created = tradesMetadata({
    schema: EVERY_TYPE_SCHEMA,
    spec: EVERY_TYPE_SPEC,
    properties: { 'commit.manifest.min-count-to-merge': '3' },
  });
  await store.put(first, Buffer.from(serializeTableMetadata(created)));
  catalog.create(IDENT, first);
  const deps = { store, catalog, clock, random: seededRandom(7) };
  for (let commit = 1; commit <= COMMITS; commit++) {
    await clock.sleep(1000);
    const evolve = (metadata: TableMetadata) =>
      commit < EVOLVING_COMMIT ? metadata : evolveSchema(metadata, changesTo(metadata));
    await commitTable(deps, IDENT, {
      build: async (base) => {
        const metadata = evolve(base);
        const position = { sequence: String(commit), subSequence: 0 };
        const rows = rowsOf(commit);
        const range = { source: 'kinesis/market/shardId-000000000000' };
        return {
          addFiles: await stageRows(store, metadata, {
            rows,
            range: { ...range, first: position, last: position },
          }),
          summary: { 'sluice.commit': String(commit) },
          evolveSchema: evolve,
        };
      },
    });
  }
  const { metadata } = await loadTable(deps, IDENT);
  const objects = new Map<string, Uint8Array>();
  for await (const { uri } of store.list(`${LOCATION}/`)) objects.set(uri, await store.get(uri));
  return { metadata, objects };
}

/** Rows of one day and kind, in both buckets; `small` is widened with the schema. */
function rowsOf(commit: number): readonly Row[] {
  return everyTypeRows(6, commit * 100).map((row): Row => {
    const { ts, small = null } = row;
    return {
      ...row,
      kind: 'selling short',
      ts: BigInt(Number(ts)) % DAY_MICROS,
      small: commit < EVOLVING_COMMIT || small === null ? small : BigInt(Number(small)),
    };
  });
}

function changesTo(metadata: TableMetadata): Parameters<typeof evolveSchema>[1] {
  if (metadata.schemas.length > 1) return [];
  return [
    { kind: 'add-column', path: ['note'], type: 'string' },
    { kind: 'widen-column', path: ['small'], type: 'long' },
  ];
}

/** What the validator says, a line per problem. */
export async function problemsOf(
  { metadata, objects }: TableFiles,
  options: { readonly readData?: boolean } = {},
): Promise<string> {
  const read = async (uri: string): Promise<Uint8Array> => {
    const bytes = objects.get(uri);
    if (bytes === undefined) throw new SluiceError('OBJECT_NOT_FOUND', `${uri}: no such object`);
    return bytes;
  };
  const deps = options.readData === true ? { read, readData: read } : { read };
  const problems = await checkTable(deps, metadata);
  return problems.map(({ where, message }) => `${where}: ${message}`).join('\n');
}

/** One of the table's snapshots, 0 the oldest, -1 the newest. */
export function snapshotAt({ metadata }: TableFiles, index: number): Snapshot {
  return present(metadata.snapshots.at(index));
}

export function withMetadata(table: TableFiles, changes: object): TableFiles {
  return { ...table, metadata: { ...table.metadata, ...changes } };
}

/** Changes one snapshot of the metadata. */
export function withSnapshot(table: TableFiles, index: number, changes: object): TableFiles {
  const wanted = snapshotAt(table, index);
  const snapshots = table.metadata.snapshots.map((snapshot) =>
    snapshot === wanted ? { ...snapshot, ...changes } : snapshot,
  );
  return withMetadata(table, { snapshots });
}

/** Replaces a file; null removes it. */
export function withObject(table: TableFiles, uri: string, bytes: Uint8Array | null): TableFiles {
  const objects = new Map(table.objects);
  if (bytes === null) objects.delete(uri);
  else objects.set(uri, bytes);
  return { ...table, objects };
}

export function objectAt({ objects }: TableFiles, uri: string): Uint8Array {
  return present(objects.get(uri));
}

export function listOf(table: TableFiles, index: number): readonly ManifestFile[] {
  return decodeManifestList(objectAt(table, snapshotAt(table, index)['manifest-list']));
}

/** Changes what the list of one snapshot says. */
export function withList(
  table: TableFiles,
  index: number,
  edit: (rows: readonly ManifestFile[]) => readonly ManifestFile[],
): TableFiles {
  const snapshot = snapshotAt(table, index);
  const bytes = encodeManifestList(edit(listOf(table, index)), {
    snapshotId: snapshot['snapshot-id'],
    parentSnapshotId: snapshot['parent-snapshot-id'] ?? null,
    sequenceNumber: snapshot['sequence-number'],
    syncMarker,
  });
  return withObject(table, snapshot['manifest-list'], bytes);
}

/** The manifest of the newest commit, or the one that merging made. */
export function manifestPath(table: TableFiles, which: 'newest' | 'merged'): string {
  const rows = listOf(table, -1);
  const wanted = rows.find((row) =>
    which === 'merged' ? row.existingFilesCount > 0 : row.addedFilesCount > 0,
  );
  return present(wanted).manifestPath;
}

export function manifestOf(table: TableFiles, which: 'newest' | 'merged'): Manifest {
  return decodeManifest(objectAt(table, manifestPath(table, which)));
}

/** Changes a manifest, and makes every list say of it what is true: counts, summaries and length. */
export function withManifest(
  table: TableFiles,
  which: 'newest' | 'merged',
  edit: (manifest: Manifest) => Manifest,
): TableFiles {
  const path = manifestPath(table, which);
  const manifest = edit(manifestOf(table, which));
  return withManifestBytes(table, path, {
    bytes: encodeManifest(manifest, manifest.entries, { syncMarker }),
    manifest,
  });
}

/** Changes the first entry of a manifest. */
export function withEntry(
  table: TableFiles,
  which: 'newest' | 'merged',
  edit: (entry: ManifestEntry) => Partial<ManifestEntry>,
): TableFiles {
  return withManifest(table, which, (manifest) => {
    const [first, ...rest] = manifest.entries;
    const entry = present(first);
    return { ...manifest, entries: [{ ...entry, ...edit(entry) }, ...rest] };
  });
}

/** Stores other bytes as a manifest and tells every list its length and what is in it. */
export function withManifestBytes(
  table: TableFiles,
  path: string,
  stored: { readonly bytes: Uint8Array; readonly manifest: Manifest | null },
): TableFiles {
  const { bytes, manifest } = stored;
  const manifestLength = BigInt(bytes.length);
  const described = (row: ManifestFile): Partial<ManifestFile> => {
    if (manifest === null) return {};
    const {
      minExistingSequenceNumber: _,
      content: __,
      ...facts
    } = describeManifest(manifest.entries, {
      manifestPath: path,
      manifestLength,
      snapshotId: row.addedSnapshotId,
      specId: row.partitionSpecId,
      partitionFields: bindPartitionSpec(manifest.partitionSpec, manifest.schema),
    });
    return facts;
  };
  const changed = table.metadata.snapshots.reduce((result, _snapshot, index) => {
    if (!listOf(result, index).some((row) => row.manifestPath === path)) return result;
    return withList(result, index, (rows) =>
      rows.map((row) =>
        row.manifestPath === path ? { ...row, ...described(row), manifestLength } : row,
      ),
    );
  }, table);
  return withObject(changed, path, bytes);
}

export function present<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error('expected a value');
  return value;
}
