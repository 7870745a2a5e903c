import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, SluiceError } from '#core/errors.ts';
import type { TableCatalog, TableIdent, TablePointer } from '#ports/table-catalog.ts';
import { safeFileName } from './safe-file-name.ts';
import { errorCode, openStateChain, type StateChain, type StoredState } from './state-chain.ts';

export interface FsTableCatalog extends TableCatalog {
  /** Registers a table whose first metadata file is written. Throws TABLE_EXISTS. */
  create(ident: TableIdent, metadataLocation: string): Promise<void>;
  /** Forgets a table; its files stay. Throws TABLE_NOT_FOUND, COMMIT_CONFLICT. */
  drop(ident: TableIdent): Promise<void>;
}

/** A state as it is in its file. */
interface Entry {
  readonly database: string;
  readonly table: string;
  /** Null: the table is dropped. */
  readonly metadataLocation: string | null;
  /** Drawn for every state, so that no token is ever that of another table. */
  readonly id: string;
}

/**
 * TableCatalog in a folder of a local file system, shared by processes of one machine: no server and no lock, so that
 * nothing has to be cleared up after a crash.
 *
 *     <folder>/<database>/<table>/epoch-000000000001/states/0000 …
 *
 * A table's states are files that are never changed, numbered; the one with the highest number is current. A swap
 * is link(2) of a complete file to the next number, which the kernel grants to one process (see openStateChain).
 * Dropping a table is a state too, and a table of the same name goes on counting: tokens are never used twice.
 * SIGKILL before the link leaves nothing but a file under way, after it a commit; a process that survives an
 * error of the link itself says COMMIT_STATE_UNKNOWN.
 * @param statesPerEpoch states in one folder, after which the older ones can go. @default 1000
 */
export function createFsTableCatalog(
  folder: string,
  options: { readonly statesPerEpoch?: number } = {},
): FsTableCatalog {
  const chainOf = (ident: TableIdent): StateChain =>
    openStateChain(
      path.join(folder, safeFileName(ident.database), safeFileName(ident.table)),
      options,
    );
  return {
    load: async (ident) => pointerOf(requireTable(ident, await chainOf(ident).current())),
    async swap(ident, base, { metadataLocation }) {
      const current = requireTable(ident, await chainOf(ident).current());
      const { token, metadataLocation: location } = pointerOf(current);
      if (token !== base.token || location !== base.metadataLocation) throw conflict(ident);
      await advance(chainOf(ident), ident, { base: current, metadataLocation });
    },
    async create(ident, metadataLocation) {
      const current = await chainOf(ident).current();
      if (current !== null && parseEntry(current).metadataLocation !== null) throw exists(ident);
      await advance(chainOf(ident), ident, { base: current, metadataLocation }).catch((error) => {
        throw hasCode(error, 'COMMIT_CONFLICT') ? exists(ident) : error;
      });
    },
    async drop(ident) {
      const base = requireTable(ident, await chainOf(ident).current());
      await advance(chainOf(ident), ident, { base, metadataLocation: null });
    },
    list: (database) => listTables(path.join(folder, safeFileName(database)), options),
  };
}

async function advance(
  chain: StateChain,
  ident: TableIdent,
  step: { readonly base: StoredState | null; readonly metadataLocation: string | null },
): Promise<void> {
  const { database, table } = ident;
  const { metadataLocation } = step;
  const entry: Entry = { database, table, metadataLocation, id: randomUUID() };
  if (!(await chain.advance(step.base, `${JSON.stringify(entry)}\n`))) throw conflict(ident);
}

function requireTable(ident: TableIdent, state: StoredState | null): StoredState {
  if (state !== null && parseEntry(state).metadataLocation !== null) return state;
  throw new SluiceError(
    'TABLE_NOT_FOUND',
    `${nameOf(ident)}: the catalog folder has no such table; create it first`,
  );
}

function pointerOf(state: StoredState): TablePointer {
  const { metadataLocation, id } = parseEntry(state);
  return {
    metadataLocation: metadataLocation ?? '',
    token: `${state.epoch}.${state.number}.${id}`,
  };
}

function parseEntry({ text, file }: StoredState): Entry {
  try {
    const entry = JSON.parse(text) as Partial<Entry> | null;
    const { database, table, metadataLocation, id } = entry ?? {};
    const isLocation = metadataLocation === null || typeof metadataLocation === 'string';
    if (
      typeof database === 'string' &&
      typeof table === 'string' &&
      typeof id === 'string' &&
      isLocation
    ) {
      return { database, table, metadataLocation, id };
    }
  } catch {
    // Told below: states are complete before they are seen, so this one is somebody else's.
  }
  throw new SluiceError(
    'TABLE_INVALID',
    `${file}: expected a state of a table, got something else; was it written by another program?`,
  );
}

async function listTables(
  folder: string,
  options: { readonly statesPerEpoch?: number },
): Promise<readonly TableIdent[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    if (errorCode(cause) === 'ENOENT') return [];
    throw new SluiceError('SOURCE_UNAVAILABLE', `${folder}: ${errorCode(cause)}`, { cause });
  });
  const tables: TableIdent[] = [];
  for (const name of names.sort()) {
    const state = await openStateChain(path.join(folder, name), options).current();
    if (state === null) continue;
    const { database, table, metadataLocation } = parseEntry(state);
    if (metadataLocation !== null) tables.push({ database, table });
  }
  return tables;
}

function nameOf({ database, table }: TableIdent): string {
  return `${database}.${table}`;
}

function conflict(ident: TableIdent): SluiceError {
  return new SluiceError(
    'COMMIT_CONFLICT',
    `${nameOf(ident)}: another writer committed first; load the table and commit again`,
  );
}

function exists(ident: TableIdent): SluiceError {
  return new SluiceError('TABLE_EXISTS', `${nameOf(ident)}: the catalog folder has such a table`);
}
