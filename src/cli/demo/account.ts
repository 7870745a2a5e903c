import { countDeadLetters } from '#app/count-dead-letters.ts';
import type { ReceivedCount } from '#app/count-received.ts';
import { databaseName, type Project } from '#core/config/project.ts';
import { UNKNOWN_STREAM } from '#core/delivery/dead-letter.ts';
import {
  addCounts,
  type DeliveryCounts,
  NO_COUNTS,
  readSourceStates,
} from '#core/delivery/source-state.ts';
import { decodeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { ReceiptStore } from '#ports/receipt-store.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import type { LakeAccess } from '#runtime/lake-access.ts';

/** One line of the account: where every received event went, from counts that do not know of each other. */
export interface StreamAccount {
  readonly domain: string;
  readonly stream: string;
  /** Read off the shards. */
  readonly received: number;
  /** Counted by SQL in the table. */
  readonly committed: number;
  /** Positions in the dead-letter objects. */
  readonly rejected: number;
  /** From the state in the table's commits. */
  readonly deduplicated: number;
  /** Positions in the dead-letter objects. */
  readonly dead_lettered: number;
  /** Part of `committed`, counted by SQL. */
  readonly late: number;
  readonly unaccounted: number;
}

export interface Account {
  readonly streams: readonly StreamAccount[];
  /** Everything that does not add up, in words; empty when all is well. */
  readonly problems: readonly string[];
}

/** Counts off the shards, per domain: each has its own stream. */
export type ReceivedCounts = Readonly<Record<string, ReceivedCount>>;

/** Balances the books of every stream. */
export async function balance(
  deps: { readonly lake: LakeAccess; readonly receipts: ReceiptStore },
  project: Project,
  options: { readonly received: ReceivedCounts; readonly deadLetterUri: string },
): Promise<Account> {
  const streams: StreamAccount[] = [];
  const problems: string[] = [];
  for (const domain of project.domains) {
    for (const { name } of [...domain.streams, { name: UNKNOWN_STREAM }]) {
      const received = options.received[domain.name]?.received[name] ?? 0;
      const table = {
        database: databaseName(project.environment.name, domain.name, 'bronze'),
        table: name,
      };
      const lake = name === UNKNOWN_STREAM ? EMPTY_TABLE : await countTable(deps.lake, table);
      const letters = await countDeadLetters(deps.lake.store, {
        bucketUri: options.deadLetterUri,
        domain: domain.name,
        stream: name,
      });
      if (name === UNKNOWN_STREAM && received + letters.undecodable === 0) continue;
      const { deduplicated } = lake.state;
      const unaccounted =
        received - lake.committed - letters.rejected - deduplicated - letters.undecodable;
      streams.push({
        domain: domain.name,
        stream: name,
        received,
        committed: lake.committed,
        rejected: letters.rejected,
        deduplicated,
        dead_lettered: letters.undecodable,
        late: lake.late,
        unaccounted,
      });
      problems.push(
        ...findProblems(`${domain.name}.${name}`, { received, lake, letters, unaccounted }),
      );
      const receipts = await deps.receipts.total(domain.name, name);
      if (receipts > received) {
        problems.push(
          `${domain.name}.${name}: producers hold receipts for ${receipts} events, but only ${received} stand on the shards`,
        );
      }
    }
  }
  return { streams, problems };
}

interface TableCounts {
  readonly committed: number;
  readonly late: number;
  /** What the writer counted, from the commits. */
  readonly state: DeliveryCounts;
}

const EMPTY_TABLE: TableCounts = { committed: 0, late: 0, state: NO_COUNTS };

async function countTable(lake: LakeAccess, table: TableIdent): Promise<TableCounts> {
  const result = await lake.queries.query(
    `SELECT count(*) AS committed, count_if(_late) AS late FROM ${table.database}.${table.table}`,
  );
  const [committed, late] = result.rows[0] ?? [];
  return {
    committed: Number(committed ?? 0),
    late: Number(late ?? 0),
    state: await tableState(lake, table),
  };
}

/** Totals over all sources of a table, as its commits state them. */
export async function tableState(
  lake: Pick<LakeAccess, 'catalog' | 'store'>,
  table: TableIdent,
): Promise<DeliveryCounts> {
  const pointer = await lake.catalog.load(table);
  const metadata = decodeTableMetadata(await lake.store.get(pointer.metadataLocation));
  const states = [...readSourceStates(metadata).values()];
  return states.reduce((sum, state) => addCounts(sum, state.counts), NO_COUNTS);
}

function findProblems(
  stream: string,
  counts: {
    readonly received: number;
    readonly lake: TableCounts;
    readonly letters: { readonly rejected: number; readonly undecodable: number };
    readonly unaccounted: number;
  },
): readonly string[] {
  const { received, lake, letters, unaccounted } = counts;
  const problems: string[] = [];
  if (unaccounted !== 0)
    problems.push(`${stream}: ${unaccounted} of ${received} received events are unaccounted for`);
  if (lake === EMPTY_TABLE) return problems;
  const pairs: readonly (readonly [string, number, number])[] = [
    ['received', lake.state.received, received],
    ['committed', lake.state.committed, lake.committed],
    ['late', lake.state.late, lake.late],
    ['rejected', lake.state.rejected, letters.rejected],
    ['dead-lettered', lake.state.deadLettered, letters.undecodable],
  ];
  for (const [what, stated, counted] of pairs) {
    if (stated !== counted)
      problems.push(
        `${stream}: the commits state ${stated} ${what}, the independent count is ${counted}`,
      );
  }
  return problems;
}
