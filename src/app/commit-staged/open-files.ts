import type { ArrivedHashes } from '#core/delivery/hashed-id-buckets.ts';
import { comparePositions, type Position, positionKey } from '#core/delivery/position.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { Row } from '#core/schema/field.ts';
import { arrivedIds } from '../committed-ids.ts';
import { readPositions } from '../read-positions.ts';
import type { CommitStagedDeps } from './commit-deps.ts';
import type { LinkPart } from './open-parts.ts';
import type { FileRewriter, PartFile } from './rewrite-files.ts';

/** A staged file as one attempt sees it. */
export interface OpenFile extends PartFile {
  /** Where they had to be read whole. */
  readonly rows: readonly Row[] | null;
  /** Numbers of rows that are in the table already. */
  readonly present: ReadonlySet<number>;
  /** Of all its rows; null where duplicates are not looked for. */
  readonly ids: ArrivedHashes | null;
}

const NONE: ReadonlySet<number> = new Set();
const CONCURRENT_READS = 16;

/** Looks into the files of the parts as far as it takes to decide about their rows. */
export async function openFiles(
  deps: CommitStagedDeps,
  parts: readonly LinkPart[],
  options: { readonly base: TableMetadata; readonly rewriter: FileRewriter },
): Promise<readonly OpenFile[]> {
  const files = parts.flatMap((part) => part.staged.files.map((file) => ({ part, file })));
  const opened: OpenFile[] = [];
  for (let start = 0; start < files.length; start += CONCURRENT_READS) {
    const group = files.slice(start, start + CONCURRENT_READS);
    opened.push(...(await Promise.all(group.map((file) => openFile(deps, file, options)))));
  }
  return opened;
}

/** Reads identities that an attempt will ask for. */
export async function readAhead(deps: CommitStagedDeps, parts: readonly LinkPart[]): Promise<void> {
  const wanted = parts.filter(({ part, staged }) => part === 'whole' && staged.dedupeHorizonMs > 0);
  const paths = wanted.flatMap(({ staged }) => staged.files.map(({ filePath }) => filePath));
  for (let start = 0; start < paths.length; start += CONCURRENT_READS) {
    const group = paths.slice(start, start + CONCURRENT_READS);
    await Promise.all(group.map((path) => idsOf(deps, path)));
  }
}

async function openFile(
  deps: CommitStagedDeps,
  of: PartFile,
  options: { readonly base: TableMetadata; readonly rewriter: FileRewriter },
): Promise<OpenFile> {
  const { part, file } = of;
  const wantsIds = part.staged.dedupeHorizonMs > 0;
  if (part.part === 'whole') {
    const ids = wantsIds ? await idsOf(deps, file.filePath) : null;
    return { ...of, rows: null, present: NONE, ids };
  }
  const rows = await options.rewriter.readRows(of, options.base);
  const present =
    part.part === 'cut'
      ? rowsWhere(rows, (row) => isUpTo(row, part.after))
      : await rowsInTable(deps, options.base, { part, rows });
  return { ...of, rows, present, ids: wantsIds ? arrivedIds(rows) : null };
}

/** From memory where this instance has staged or read the file. */
async function idsOf(
  { memory, reader }: Pick<CommitStagedDeps, 'memory' | 'reader'>,
  path: string,
): Promise<ArrivedHashes> {
  const known = memory.staged.get(path);
  if (known !== undefined) return known;
  const ids = arrivedIds(await reader.readRows(path, ['_event_id', '_ingested_at']));
  memory.staged.add(path, ids);
  return ids;
}

/** Rows up to the table's position that stand in it. */
async function rowsInTable(
  deps: CommitStagedDeps,
  base: TableMetadata,
  { part, rows }: { readonly part: LinkPart; readonly rows: readonly Row[] },
): Promise<ReadonlySet<number>> {
  const behind = rowsWhere(rows, (row) => isUpTo(row, part.after));
  const events = rows.flatMap((row, index) =>
    behind.has(index) ? [{ arrivalMicros: arrivalMicros(row) }] : [],
  );
  const known = await readPositions(deps, base, { source: part.source, events });
  return rowsWhere(rows, (row) => known.has(positionKey(rowPosition(row))));
}

function isUpTo(row: Row, end: Position | null): boolean {
  return end !== null && comparePositions(rowPosition(row), end) <= 0;
}

function rowsWhere(rows: readonly Row[], test: (row: Row) => boolean): ReadonlySet<number> {
  const found = new Set<number>();
  for (const [index, row] of rows.entries()) if (test(row)) found.add(index);
  return found;
}

/** Of a row of a bronze table or of `rejected`. */
export function rowPosition(row: Row): Position {
  return { sequence: String(row['_sequence']), subSequence: Number(row['_sub_sequence']) };
}

export function arrivalMicros(row: Row): bigint {
  const micros = row['_ingested_at'];
  return typeof micros === 'bigint' ? micros : 0n;
}
