import type { Snapshot } from '#core/iceberg/spec/snapshot.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';

/** Every snapshot that a table ever had: the table itself forgets those that expire. */
export class SnapshotJournal {
  readonly #tables = new Map<string, Map<bigint, Snapshot>>();

  /** The catalog, with every swap that took effect noted. */
  watch(catalog: TableCatalog): TableCatalog {
    return {
      load: (ident) => catalog.load(ident),
      list: (database) => catalog.list(database),
      swap: async (ident, base, next) => {
        await catalog.swap(ident, base, next);
        this.note(ident, next.metadata);
      },
    };
  }

  note({ table }: TableIdent, metadata: TableMetadata): void {
    const known = this.#tables.get(table) ?? new Map<bigint, Snapshot>();
    this.#tables.set(table, known);
    // New ones stand at the end; all that stand before a known one are known.
    for (const snapshot of metadata.snapshots.toReversed()) {
      const id = snapshot['snapshot-id'];
      if (known.has(id)) break;
      known.set(id, snapshot);
    }
  }

  /** From the current snapshot to the first that the table had. Throws when one of them is not known. */
  line({ table }: TableIdent, metadata: TableMetadata): readonly Snapshot[] {
    const known = this.#tables.get(table) ?? new Map<bigint, Snapshot>();
    const line: Snapshot[] = [];
    let id: bigint | null = metadata['current-snapshot-id'];
    while (id !== null) {
      const snapshot = known.get(id);
      if (snapshot === undefined) throw new Error(`${table}: snapshot ${id} was never swapped in`);
      line.push(snapshot);
      id = snapshot['parent-snapshot-id'] ?? null;
    }
    return line;
  }
}
