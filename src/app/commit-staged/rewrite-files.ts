import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import {
  partitionSpecById,
  schemaById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import type { Row } from '#core/schema/field.ts';
import type { Clock } from '#ports/clock.ts';
import type { ColumnReader } from '#ports/column-reader.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import { encodeRows, writeFiles } from '../stage-rows.ts';
import type { LinkPart } from './open-parts.ts';

/** A staged file of a link. */
export interface PartFile {
  readonly part: LinkPart;
  readonly file: DataFile;
}

/** Staged files without some of their rows, for the length of one commit. */
export interface FileRewriter {
  /** All rows of a file, in its own schema. */
  readRows(of: PartFile, metadata: TableMetadata): Promise<readonly Row[]>;
  /** The file without rows, by their numbers. */
  without(
    of: PartFile,
    dropped: ReadonlySet<number>,
    metadata: TableMetadata,
  ): Promise<RewrittenFile>;
}

export interface RewrittenFile {
  /** Named by content and day; null when no row is left. */
  readonly file: DataFile | null;
  /** The rows that were left out, by their numbers. */
  readonly dropped: ReadonlyMap<number, Row>;
}

/**
 * Rewrites are the same whoever makes them and whenever: the rows in their order, in the file's own schema, partition and
 * range. Remembered, so that a further attempt which leaves out the same rows writes nothing.
 */
export function createFileRewriter(deps: {
  readonly store: ObjectStore;
  readonly columns: ColumnReader;
  readonly clock: Pick<Clock, 'nowMs'>;
}): FileRewriter {
  const rewritten = new Map<string, RewrittenFile>();
  const readRows: FileRewriter['readRows'] = async ({ part, file }, metadata) => {
    const { fields } = schemaById(metadata, part.staged.schemaId);
    const source = { uri: file.filePath, sizeBytes: Number(file.fileSizeBytes) };
    const rows: Row[] = [];
    for await (const { rowCount, columns } of deps.columns.readBlocks(source, fields)) {
      for (let row = 0; row < rowCount; row++) {
        const values = fields.map(({ name }, field) => [name, columns[field]?.[row] ?? null]);
        rows.push(Object.fromEntries(values));
      }
    }
    return rows;
  };
  return {
    readRows,
    without: async (of, dropped, metadata) => {
      const key = `${of.file.filePath} ${[...dropped].sort((a, b) => a - b).join(',')}`;
      const known = rewritten.get(key);
      if (known !== undefined) return known;
      const rows = await readRows(of, metadata);
      const kept = rows.filter((_, row) => !dropped.has(row));
      const written: RewrittenFile = {
        file: await writeRows(deps, metadata, { of, rows: kept }),
        dropped: new Map([...rows.entries()].filter(([row]) => dropped.has(row))),
      };
      rewritten.set(key, written);
      return written;
    },
  };
}

async function writeRows(
  deps: { readonly store: ObjectStore; readonly clock: Pick<Clock, 'nowMs'> },
  metadata: TableMetadata,
  { of, rows }: { readonly of: PartFile; readonly rows: readonly Row[] },
): Promise<DataFile | null> {
  if (rows.length === 0) return null;
  const { source, staged, link } = of.part;
  const encoded = encodeRows(metadata, rows, {
    schema: schemaById(metadata, staged.schemaId),
    spec: partitionSpecById(metadata, staged.specId),
  });
  const range = { source, first: staged.first, last: link.last };
  const [file, ...others] = await writeFiles(deps.store, metadata, {
    encoded,
    range,
    nowMs: deps.clock.nowMs(),
  });
  if (file !== undefined && others.length === 0) return file;
  throw new TypeError(`${of.file.filePath}: expected rows of one partition, got ${encoded.length}`);
}
