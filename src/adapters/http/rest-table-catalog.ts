import { createHash } from 'node:crypto';
import { SluiceError } from '#core/errors.ts';
import { deriveCommit } from '#core/iceberg/rest/derive-commit.ts';
import { stringifyBigintJson } from '#core/iceberg/spec/bigint-json.ts';
import { snapshotById, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { checkTableMetadata } from '#core/iceberg/spec/table-metadata-json.ts';
import type { TableCatalog, TableIdent, TablePointer } from '#ports/table-catalog.ts';
import {
  createRestCatalogCalls,
  pathSegment,
  type RestCatalogAnswer,
  type RestCatalogCalls,
  type RestCatalogOptions,
  unavailable,
} from './rest-catalog-calls.ts';

/** A pointer of this catalog always has the metadata. */
type RestPointer = TablePointer & { readonly metadata: TableMetadata };

interface LoadedState {
  readonly pointer: RestPointer;
  readonly etag: string;
}

interface Next {
  readonly metadataLocation: string;
  readonly metadata: TableMetadata;
}

const COMMIT_ENDPOINT = 'POST /v1/{prefix}/namespaces/{namespace}/tables/{table}';
/** Tables whose last answer is kept, so that an unchanged one need not be sent again. */
const MAX_KEPT_STATES = 100;
const PAGE_SIZE = 1000;

/**
 * TableCatalog on an Iceberg REST catalog (Polaris, Lakekeeper, Glue's REST endpoint, the local cloud). The server
 * writes the metadata: a swap sends what is different from the base, with requirements on everything the API can
 * compare. The token is the location the server gave; it is compared right before the commit is sent.
 *
 * Outcomes of a commit. 200: done. 409: conflict, nothing changed. Other 4xx: refused, nothing changed. 5xx, 503
 * included (the request may have been carried out in part), no answer, half an answer, an answer that is none:
 * COMMIT_STATE_UNKNOWN. The same swap may then be presented again: with the key of the first presentation where the
 * server takes Idempotency-Key, and in any case of two deliveries at most one is carried out, because a snapshot's
 * sequence number has to be above every one before. Nothing is repeated in here.
 * Source: Iceberg REST catalog API, updateTable.
 */
export function createRestTableCatalog(options: RestCatalogOptions): TableCatalog {
  const calls = createRestCatalogCalls(options);
  const kept = new Map<string, LoadedState>();
  const keep = (
    ident: TableIdent,
    answer: RestCatalogAnswer,
    pointer: RestPointer,
  ): RestPointer => {
    const path = tablePath(ident);
    kept.delete(path);
    if (answer.etag !== null) kept.set(path, { pointer, etag: answer.etag });
    const [oldest] = kept.keys();
    if (kept.size > MAX_KEPT_STATES && oldest !== undefined) kept.delete(oldest);
    return pointer;
  };
  const load = async (ident: TableIdent): Promise<RestPointer> => {
    const known = kept.get(tablePath(ident));
    const headers: Readonly<Record<string, string>> =
      known === undefined ? {} : { 'if-none-match': known.etag };
    const answer = await calls.send('GET', tablePath(ident), { headers });
    if (answer.status === 304 && known !== undefined) return known.pointer;
    return keep(ident, answer, readPointer(ident, answer));
  };
  return {
    writesMetadata: true,
    load,
    async swap(ident, base, next) {
      const current = await load(ident);
      if (!isSame(current, base)) throw conflict(ident, 'it is not at the base any more');
      const answer = await sendCommit(calls, ident, { base: current, next });
      if (answer === null) return;
      if (answer.status !== 200) throw await refusal(ident, answer, { base, load });
      keep(ident, answer, readCommitted(ident, answer, next));
    },
    list: (database) => listTables(calls, database),
  };
}

function isSame(current: TablePointer, base: TablePointer): boolean {
  return current.token === base.token && current.metadataLocation === base.metadataLocation;
}

/** Null when there is nothing to change. Throws COMMIT_STATE_UNKNOWN when there is no whole answer. */
async function sendCommit(
  calls: RestCatalogCalls,
  ident: TableIdent,
  swap: { readonly base: RestPointer; readonly next: Next },
): Promise<RestCatalogAnswer | null> {
  const { endpoints, takesIdempotencyKey } = await calls.config();
  if (endpoints !== null && !endpoints.includes(COMMIT_ENDPOINT)) {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `${nameOf(ident)}: the REST catalog takes no commits; expected it to serve ${COMMIT_ENDPOINT}`,
    );
  }
  const commit = deriveCommit(swap.base.metadata, swap.next.metadata);
  if (commit.updates.length === 0) return null;
  const body = stringifyBigintJson(commit);
  const headers: Readonly<Record<string, string>> = takesIdempotencyKey
    ? { 'idempotency-key': idempotencyKey(swap, body) }
    : {};
  try {
    return await calls.send('POST', tablePath(ident), { headers, body });
  } catch (error) {
    throw stateUnknown(ident, error instanceof Error ? error.message : String(error), error);
  }
}

/**
 * One key per swap, the same each time it is presented: made of what is sent, not drawn. Its time is the commit's own.
 * Source: Iceberg REST catalog API, Idempotency-Key; RFC 9562 §5.7 (UUID version 7).
 */
function idempotencyKey(
  { base, next }: { readonly base: TablePointer; readonly next: Next },
  body: string,
): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([base.token, next.metadataLocation, body]))
    .digest()
    .subarray(0, 16);
  bytes.writeUIntBE(next.metadata['last-updated-ms'], 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The state the server made of a commit. Throws COMMIT_STATE_UNKNOWN for an answer that does not show it. */
function readCommitted(ident: TableIdent, answer: RestCatalogAnswer, next: Next): RestPointer {
  let pointer: RestPointer;
  try {
    pointer = readPointer(ident, answer);
  } catch (error) {
    throw stateUnknown(ident, 'the answer is not a table', error);
  }
  const id = next.metadata['current-snapshot-id'];
  if (id === null || snapshotById(pointer.metadata, id) !== null) return pointer;
  throw stateUnknown(ident, `the answer does not hold snapshot ${id}`, null);
}

/** A commit that was not answered with 200. */
async function refusal(
  ident: TableIdent,
  { status, message }: RestCatalogAnswer,
  state: {
    readonly base: TablePointer;
    readonly load: (ident: TableIdent) => Promise<TablePointer>;
  },
): Promise<SluiceError> {
  const said = `${status} ${message}`.trim();
  if (status === 409) return conflict(ident, said);
  if (status === 404) return notFound(ident, said);
  // 408 comes from what stands in between, at any moment.
  if (status >= 500 || status < 300 || status === 408) return stateUnknown(ident, said, null);
  if (status < 400 || [401, 403, 419, 429].includes(status))
    return unavailable(nameOf(ident), said);
  // A server may find that a commit does not fit before it finds that the table has moved on.
  const current = await state.load(ident).catch(() => null);
  if (current !== null && !isSame(current, state.base)) return conflict(ident, said);
  return new SluiceError(
    'TABLE_INVALID',
    `${nameOf(ident)}: the REST catalog refused the commit with ${said}; nothing was changed`,
  );
}

function readPointer(ident: TableIdent, answer: RestCatalogAnswer): RestPointer {
  const { status, body, message } = answer;
  if (status === 404) throw notFound(ident, message);
  if (status !== 200 || body === null) {
    throw unavailable(nameOf(ident), `answered with ${status} ${message}`.trim());
  }
  const metadataLocation = body['metadata-location'];
  if (typeof metadataLocation !== 'string' || metadataLocation === '') {
    throw new SluiceError(
      'TABLE_INVALID',
      `${nameOf(ident)}: expected a metadata-location from the REST catalog, got none; it is what tells one state from another`,
    );
  }
  const metadata = checkTableMetadata(body['metadata']);
  return { metadataLocation, token: metadataLocation, metadata };
}

async function listTables(
  calls: RestCatalogCalls,
  database: string,
): Promise<readonly TableIdent[]> {
  const tables: TableIdent[] = [];
  const seen = new Set<string>();
  for (let pageToken = ''; !seen.has(pageToken); ) {
    seen.add(pageToken);
    const query = new URLSearchParams({ pageToken, pageSize: String(PAGE_SIZE) });
    const path = `namespaces/${pathSegment(database)}/tables?${query}`;
    const { status, body, message } = await calls.send('GET', path);
    if (status === 404) return [];
    if (status !== 200 || !Array.isArray(body?.['identifiers'])) {
      throw unavailable(`tables of ${database}`, `answered with ${status} ${message}`.trim());
    }
    for (const item of body['identifiers'] as readonly unknown[]) {
      const { name } = (item ?? {}) as { readonly name?: unknown };
      if (typeof name === 'string') tables.push({ database, table: name });
    }
    const next = body['next-page-token'];
    if (typeof next !== 'string' || next === '') return tables;
    pageToken = next;
  }
  throw unavailable(`tables of ${database}`, 'gives the same page token twice');
}

function tablePath({ database, table }: TableIdent): string {
  return `namespaces/${pathSegment(database)}/tables/${pathSegment(table)}`;
}

function nameOf({ database, table }: TableIdent): string {
  return `${database}.${table}`;
}

function notFound(ident: TableIdent, reason: string): SluiceError {
  return new SluiceError(
    'TABLE_NOT_FOUND',
    `${nameOf(ident)} is not in the REST catalog (${reason}); create it first`,
  );
}

function conflict(ident: TableIdent, reason: string): SluiceError {
  return new SluiceError(
    'COMMIT_CONFLICT',
    `${nameOf(ident)}: another writer committed first (${reason}); load the table and commit again`,
  );
}

function stateUnknown(ident: TableIdent, reason: string, cause: unknown): SluiceError {
  return new SluiceError(
    'COMMIT_STATE_UNKNOWN',
    `${nameOf(ident)}: the commit may or may not have happened (${reason}); load the table and look`,
    { cause },
  );
}
