import {
  loadManifestList,
  loadManifests,
  type ReadObject,
} from '#core/iceberg/scan/load-manifests.ts';
import { manifestMayMatch, metricsMayMatch } from '#core/iceberg/scan/prune.ts';
import { bindPredicate, type ScanPredicate } from '#core/iceberg/scan/scan-predicate.ts';
import { decodeBound } from '#core/iceberg/scan/value-range.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import type { ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import {
  currentSchema,
  currentSnapshot,
  partitionSpecById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';

/** Arrival times, both included. */
export interface ArrivalWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A live data file and when its rows arrived; without bounds it may hold rows of any time. */
export interface ArrivedFile extends ArrivalWindow {
  readonly path: string;
  readonly rowCount: number;
}

/** Files of manifests read before, by the manifest's path: manifests never change. */
export type ManifestMemory = Map<string, RememberedManifest>;

interface RememberedManifest {
  /** Older files were left out. */
  readonly fromMs: number;
  readonly files: readonly ArrivedFile[];
}

const ARRIVAL_COLUMN = '_ingested_at';

/**
 * Live data files of the current snapshot that may hold rows which arrived in the window. Delete files
 * are not looked at: a row deleted later was committed all the same.
 */
export async function filesArrivedIn(
  read: ReadObject,
  metadata: TableMetadata,
  options: { readonly window: ArrivalWindow; readonly memory?: ManifestMemory },
): Promise<readonly ArrivedFile[]> {
  const { window } = options;
  const memory = options.memory ?? new Map<string, RememberedManifest>();
  const listed = await loadManifestList(read, currentSnapshot(metadata));
  const wanted = manifestsOf(metadata, listed, window);
  const unknown = wanted.filter(({ manifestPath }) => {
    const known = memory.get(manifestPath);
    return known === undefined || known.fromMs > window.fromMs;
  });
  for (const { listed: manifest, entries } of await loadManifests(read, unknown)) {
    const live = entries.filter((entry) => entry.status !== 'deleted');
    memory.set(manifest.manifestPath, {
      fromMs: window.fromMs,
      files: arrivedFiles(
        metadata,
        live.map((entry) => entry.file),
        {
          fromMs: window.fromMs,
          toMs: Number.POSITIVE_INFINITY,
        },
      ),
    });
  }
  forgetOthers(memory, listed);
  const files = wanted.flatMap(({ manifestPath }) => memory.get(manifestPath)?.files ?? []);
  return files.filter((file) => overlaps(file, window));
}

export function overlaps(a: ArrivalWindow, b: ArrivalWindow): boolean {
  return a.fromMs <= b.toMs && a.toMs >= b.fromMs;
}

/** The window from the first to the last arrival of events; there is at least one. */
export function arrivalWindow(
  events: readonly { readonly arrivalMicros: bigint }[],
): ArrivalWindow {
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  for (const { arrivalMicros } of events) {
    const arrivalMs = Number(arrivalMicros / 1000n);
    fromMs = Math.min(fromMs, arrivalMs);
    toMs = Math.max(toMs, arrivalMs);
  }
  return { fromMs, toMs };
}

function manifestsOf(
  metadata: TableMetadata,
  listed: readonly ManifestFile[],
  window: ArrivalWindow,
): readonly ManifestFile[] {
  const predicate = bindPredicate(windowPredicate(window), currentSchema(metadata));
  return listed.filter(
    (manifest) =>
      manifest.content === 'data' &&
      manifestMayMatch(predicate, manifest, partitionSpecById(metadata, manifest.partitionSpecId)),
  );
}

function windowPredicate({ fromMs, toMs }: ArrivalWindow): ScanPredicate {
  const bounds: ScanPredicate[] = [];
  if (Number.isFinite(fromMs)) bounds.push(arrivalBound('>=', fromMs));
  // Times are microseconds; the window ends with its last millisecond.
  if (Number.isFinite(toMs)) bounds.push(arrivalBound('<', toMs + 1));
  return { op: 'and', operands: bounds };
}

function arrivalBound(op: '>=' | '<', ms: number): ScanPredicate {
  return { op, column: ARRIVAL_COLUMN, value: BigInt(ms) * 1000n };
}

function arrivedFiles(
  metadata: TableMetadata,
  files: readonly DataFile[],
  window: ArrivalWindow,
): readonly ArrivedFile[] {
  const schema = currentSchema(metadata);
  const predicate = bindPredicate(windowPredicate(window), schema);
  const columnId = schema.fields.find((field) => field.name === ARRIVAL_COLUMN)?.id ?? -1;
  return files
    .filter((file) => metricsMayMatch(predicate, file))
    .map((file) => ({
      path: file.filePath,
      rowCount: Number(file.recordCount),
      fromMs: boundMs(file.lowerBounds.get(columnId)) ?? Number.NEGATIVE_INFINITY,
      toMs: boundMs(file.upperBounds.get(columnId)) ?? Number.POSITIVE_INFINITY,
    }));
}

function boundMs(bytes: Uint8Array | undefined): number | null {
  const micros = decodeBound('timestamp', bytes);
  return typeof micros === 'bigint' ? Number(micros / 1000n) : null;
}

function forgetOthers(memory: ManifestMemory, listed: readonly ManifestFile[]): void {
  const live = new Set(listed.map(({ manifestPath }) => manifestPath));
  for (const path of memory.keys()) if (!live.has(path)) memory.delete(path);
}
