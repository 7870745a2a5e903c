import { decodeSourceStates, type SourceStates } from '#core/delivery/source-state.ts';
import { SluiceError } from '#core/errors.ts';
import type { QueryEngine } from '#ports/query-engine.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';
import type { Output } from './output.ts';

/** One commit of a table, as `sluice tables --snapshots` tells it. */
export interface SnapshotLine {
  readonly committedAt: string;
  readonly snapshotId: string;
  /** Branches and tags that point here. */
  readonly refs: readonly string[];
  readonly operation: string;
  /** False for what a rollback left behind: no branch or tag leads to it. */
  readonly isReachable: boolean;
  /** Null where the writer did not say. */
  readonly rowsAdded: number | null;
  readonly rowsInAll: number | null;
  readonly filesInAll: number | null;
  readonly moved: readonly SourceMove[];
}

/** How far a commit took the table in one source. */
export interface SourceMove {
  readonly source: string;
  readonly sequence: string;
  readonly subSequence: number;
  /** Events read off the source since the commit before. */
  readonly events: number;
}

export interface FileLine {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * The table that `name` means: `database.table`, `domain.table` as streams are named everywhere else, or a table name that only
 * one database has. Throws USAGE.
 */
export async function findTable(
  catalog: Pick<TableCatalog, 'list'>,
  databases: readonly string[],
  name: string,
): Promise<TableIdent> {
  const idents = (await Promise.all(databases.map((database) => catalog.list(database)))).flat();
  const found = idents.filter(
    ({ database, table }) =>
      name === table || name === `${database}.${table}` || isOfDomain(name, { database, table }),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const choices = (found.length > 1 ? found : idents).map((ident) => nameOf(ident));
  throw new SluiceError(
    'USAGE',
    `table "${name}": expected one of ${choices.join(', ') || 'none, there is no table yet'}`,
  );
}

/** Databases are named `<environment>_<domain>_<layer>` (databaseName). */
function isOfDomain(name: string, { database, table }: TableIdent): boolean {
  const [, domain] = /^[^_]+_(.+)_[^_]+$/.exec(database) ?? [];
  return domain !== undefined && name === `${domain}.${table}`;
}

/** The commits a table knows, oldest first. */
export async function readSnapshots(
  queries: Pick<QueryEngine, 'query'>,
  ident: TableIdent,
): Promise<readonly SnapshotLine[]> {
  const { rows } = await queries.query(
    `SELECT s.committed_at, s.snapshot_id, s.parent_id, s.operation, element_at(s.summary, 'added-records'),
            element_at(s.summary, 'total-records'), element_at(s.summary, 'total-data-files'),
            element_at(s.summary, 'sluice.sources'), array_join(array_agg(r.name ORDER BY r.name), ' ')
     FROM ${metadataTable(ident, 'snapshots')} s
     LEFT JOIN ${metadataTable(ident, 'refs')} r ON r.snapshot_id = s.snapshot_id
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2`,
  );
  const commits = new Map(
    rows.map(([, id, parent, , , , , sources]) => [id ?? '', { parent: parent ?? '', sources }]),
  );
  const heads = rows.flatMap(([, id, , , , , , , refs]) => (refs ? [id ?? ''] : []));
  const reachable = new Set(heads.flatMap((head) => [...lineFrom(head, commits)]));
  const statesAt = (id: string): SourceStates => {
    for (const each of lineFrom(id, commits)) {
      const sources = commits.get(each)?.sources;
      if (typeof sources === 'string') return decodeSourceStates(sources);
    }
    return new Map();
  };
  return rows.map((row) => {
    const [committedAt, id, parent, operation, added, total, files, , refs] = row;
    const snapshotId = id ?? '';
    return {
      committedAt: committedAt ?? '',
      snapshotId,
      refs: (refs ?? '').split(' ').filter((name) => name !== ''),
      operation: operation ?? '',
      isReachable: reachable.has(snapshotId),
      rowsAdded: countOf(added),
      rowsInAll: countOf(total),
      filesInAll: countOf(files),
      moved: movesBetween(statesAt(parent ?? ''), statesAt(snapshotId)),
    };
  });
}

/** A snapshot and its parents, as far as the table knows them. */
function* lineFrom(
  head: string,
  commits: ReadonlyMap<string, { readonly parent: string }>,
): Generator<string, void> {
  const seen = new Set<string>();
  let id = head;
  for (let commit = commits.get(id); commit !== undefined; commit = commits.get(id)) {
    if (seen.has(id)) return;
    seen.add(id);
    yield id;
    id = commit.parent;
  }
}

function movesBetween(before: SourceStates, after: SourceStates): readonly SourceMove[] {
  return [...after].flatMap(([source, { position, counts }]) => {
    const earlier = before.get(source);
    const same =
      earlier?.position.sequence === position.sequence &&
      earlier.position.subSequence === position.subSequence;
    if (same) return [];
    const events = counts.received - (earlier?.counts.received ?? 0);
    return [{ source, sequence: position.sequence, subSequence: position.subSequence, events }];
  });
}

/** The data files of the current snapshot, by path. */
export async function readFiles(
  queries: QueryEngine,
  ident: TableIdent,
): Promise<readonly FileLine[]> {
  const { rows } = await queries.query(
    `SELECT file_path, record_count, file_size_in_bytes FROM ${metadataTable(ident, 'files')} ORDER BY 1`,
  );
  return rows.map(([path, records, bytes]) => ({
    path: path ?? '',
    rows: Number(records),
    bytes: Number(bytes),
  }));
}

function metadataTable({ database, table }: TableIdent, name: string): string {
  return `"${database}"."${table}$${name}"`;
}

function countOf(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}

export function printSnapshots(
  output: Output,
  ident: TableIdent,
  lines: readonly SnapshotLine[],
  { limit }: { readonly limit: number },
): void {
  const shown = lines.slice(-limit);
  output.line(`${nameOf(ident)}: ${counted(lines.length, 'snapshot')}${cut(lines, shown)}`);
  output.table(
    ['committed', 'snapshot', 'refs', 'what', 'rows added', 'rows', 'files', 'read up to'],
    shown.map((line) => [
      line.committedAt.replace(' UTC', ''),
      line.snapshotId,
      line.refs.join(', '),
      line.isReachable ? line.operation : `${line.operation}, left behind`,
      numberText(line.rowsAdded),
      numberText(line.rowsInAll),
      numberText(line.filesInAll),
      line.moved.map(moveText).join('; '),
    ]),
    { rightAligned: [1, 4, 5, 6] },
  );
}

export function printFiles(
  output: Output,
  ident: TableIdent,
  lines: readonly FileLine[],
  { limit }: { readonly limit: number },
): void {
  const shown = lines.slice(-limit);
  const rows = lines.reduce((sum, line) => sum + line.rows, 0);
  const bytes = lines.reduce((sum, line) => sum + line.bytes, 0);
  output.line(
    `${nameOf(ident)}: ${counted(lines.length, 'data file')}, ${counted(rows, 'row')}, ${counted(bytes, 'byte')}${cut(lines, shown)}`,
  );
  const folder = commonFolder(shown);
  if (folder !== '') output.line(`below ${folder}`);
  output.table(
    ['rows', 'bytes', 'file'],
    shown.map((line) => [
      numberText(line.rows),
      numberText(line.bytes),
      line.path.slice(folder.length),
    ]),
    { rightAligned: [0, 1] },
  );
}

/** The data folder of a table when all files are in it, else nothing. */
function commonFolder(lines: readonly FileLine[]): string {
  const [first] = lines;
  const end = first?.path.indexOf('/data/') ?? -1;
  const folder = end < 0 ? '' : (first?.path.slice(0, end + '/data/'.length) ?? '');
  return lines.every(({ path }) => path.startsWith(folder)) ? folder : '';
}

function cut(lines: readonly unknown[], shown: readonly unknown[]): string {
  return lines.length === shown.length ? '' : `; the last ${shown.length} (--limit shows more)`;
}

/** `shardId-000000000000 …00000024:2548 (+60,977 events)`: the end of the sequence number tells positions apart. */
function moveText({ source, sequence, subSequence, events }: SourceMove): string {
  const name = source.slice(source.lastIndexOf('/') + 1);
  return `${name} …${sequence.slice(-8)}:${subSequence} (+${counted(events, 'event')})`;
}

function nameOf({ database, table }: TableIdent): string {
  return `${database}.${table}`;
}

function numberText(value: number | null): string {
  return value === null ? '–' : value.toLocaleString('en-US');
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}
