import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { currentSchema } from '#core/iceberg/spec/table-metadata.ts';
import type { QueryEngine } from '#ports/query-engine.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { type ColumnFacts, factsOfTexts } from './column-facts.ts';
import { type LeafColumn, leafColumns } from './leaf-columns.ts';

/** Facts of every primitive column of a table, by path. */
export type TableFacts = Readonly<Record<string, ColumnFacts>>;

/** Reads every value of a table through the Athena API. */
export async function readWithAthena(
  queries: QueryEngine,
  { database, table }: TableIdent,
  metadata: TableMetadata,
): Promise<TableFacts> {
  const facts: Record<string, ColumnFacts> = {};
  const leaves = leafColumns(currentSchema(metadata));
  for (const [joins, group] of Map.groupBy(leaves, (leaf) => leaf.joins)) {
    const { rows } = await queries.query(
      `SELECT ${group.map(selected).join(', ')} FROM "${database}"."${table}"${joins}`,
    );
    for (const [index, { path, type }] of group.entries()) {
      facts[path] = factsOfTexts(
        type,
        rows.map((row) => row[index] ?? null),
      );
    }
  }
  return facts;
}

function selected({ type, expression }: LeafColumn, index: number): string {
  const value = type === 'binary' ? `to_hex(${expression})` : expression;
  return `${value} AS c${index}`;
}
