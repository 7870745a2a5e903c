import { databaseName, opsDatabaseName, type Project } from '#core/config/project.ts';
import { LEDGER_TABLE } from '#core/ledger/ledger-table.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import type { QueryEngine } from '#ports/query-engine.ts';
import type { LedgerRunAnswer } from '../ledger/run-ledger.ts';

/** One line of the account: where every received event went, as the ledger has it. */
export interface StreamAccount {
  readonly domain: string;
  readonly stream: string;
  readonly received: number;
  readonly committed: number;
  readonly rejected: number;
  readonly deduplicated: number;
  readonly dead_lettered: number;
  /** Part of `committed`. */
  readonly late: number;
  readonly unaccounted: number;
}

export interface Account {
  readonly streams: readonly StreamAccount[];
  /** Everything that does not add up, in words; empty when all is well. */
  readonly problems: readonly string[];
  /** Worth knowing, without being wrong. */
  readonly notes: readonly string[];
}

/**
 * The account of the ledger, held against counts that do not know of it: rows and distinct positions in the
 * tables by SQL, and the sums of the ledger's own table.
 */
export async function checkAccount(
  queries: QueryEngine,
  project: Project,
  runs: readonly LedgerRunAnswer[],
): Promise<Account> {
  const streams: StreamAccount[] = [];
  const problems = runs.flatMap((run) => run.problems);
  for (const run of runs) {
    const counted = await countTables(queries, project, run);
    for (const line of run.streams) {
      const account = accountOf(run.domain, line);
      streams.push(account);
      problems.push(...disagreements(account, counted.get(line.stream) ?? NOTHING));
    }
    const unbooked = [...counted.keys()].filter(
      (name) => !run.streams.some(({ stream }) => stream === name),
    );
    problems.push(
      ...unbooked.flatMap((name) =>
        disagreements(accountOf(run.domain, { stream: name, ...NO_LINE }), counted.get(name)),
      ),
    );
  }
  return { streams, problems, notes: runs.flatMap((run) => run.notes) };
}

type BookedLine = Omit<LedgerRunAnswer['streams'][number], 'stream'>;

const NO_LINE: BookedLine = {
  received: 0,
  acknowledged: 0,
  committed: 0,
  rejected: 0,
  deduplicated: 0,
  deadLettered: 0,
  late: 0,
  inFlight: 0,
  unbalanced: 0,
};

function accountOf(domain: string, line: LedgerRunAnswer['streams'][number]): StreamAccount {
  const { received, committed, rejected, deduplicated, deadLettered, late } = line;
  return {
    domain,
    stream: line.stream,
    received,
    committed,
    rejected,
    deduplicated,
    dead_lettered: deadLettered,
    late,
    unaccounted: received - committed - rejected - deduplicated - deadLettered,
  };
}

/** What SQL finds of one stream. */
interface StreamCount {
  readonly rows: number;
  readonly positions: number;
  readonly late: number;
  readonly rejected: number;
  readonly undecodable: number;
  readonly discardedPositions: number;
  /** Sums of the ledger's table. */
  readonly booked: {
    readonly received: number;
    readonly accounted: number;
    readonly holes: number;
  };
}

const NOTHING: StreamCount = {
  rows: 0,
  positions: 0,
  late: 0,
  rejected: 0,
  undecodable: 0,
  discardedPositions: 0,
  booked: { received: 0, accounted: 0, holes: 0 },
};

async function countTables(
  queries: QueryEngine,
  project: Project,
  { domain }: LedgerRunAnswer,
): Promise<ReadonlyMap<string, StreamCount>> {
  const environment = project.environment.name;
  const bronze = databaseName(environment, domain, 'bronze');
  const counts = new Map<string, StreamCount>();
  const add = (stream: string, found: Partial<StreamCount>): void => {
    counts.set(stream, { ...NOTHING, ...counts.get(stream), ...found });
  };
  const streams = project.domains.find(({ name }) => name === domain)?.streams ?? [];
  for (const { name } of streams) {
    const [row] = await numbers(
      queries,
      `SELECT count(*), count(DISTINCT (_source, _sequence, _sub_sequence)), count_if(_late) FROM ${bronze}.${name}`,
    );
    const [rows = 0, positions = 0, late = 0] = row?.values ?? [];
    add(name, { rows, positions, late });
  }
  const discarded = await numbers(
    queries,
    "SELECT stream, count_if(kind = 'rejected'), count_if(kind = 'undecodable'), count(DISTINCT (_source, _sequence, _sub_sequence)) " +
      `FROM ${bronze}.${REJECTED_TABLE} GROUP BY stream`,
  );
  for (const { name, values } of discarded) {
    const [rejected = 0, undecodable = 0, discardedPositions = 0] = values;
    add(name, { rejected, undecodable, discardedPositions });
  }
  const booked = await numbers(
    queries,
    'SELECT stream, sum(received), sum(committed + rejected + deduplicated + dead_lettered), ' +
      "sum(CASE WHEN entry = 'hole' THEN dead_lettered ELSE 0 END) " +
      `FROM ${opsDatabaseName(environment)}.${LEDGER_TABLE} WHERE domain = '${domain}' GROUP BY stream`,
  );
  for (const { name, values } of booked) {
    const [received = 0, accounted = 0, holes = 0] = values;
    add(name, { booked: { received, accounted, holes } });
  }
  return counts;
}

/** Rows as a name, where the first column is text, and numbers. */
async function numbers(
  queries: QueryEngine,
  sql: string,
): Promise<readonly { readonly name: string; readonly values: readonly number[] }[]> {
  const { columns, rows } = await queries.query(sql);
  const isNamed = columns[0]?.type === 'varchar';
  return rows.map((row) => ({
    name: isNamed ? (row[0] ?? '') : '',
    values: (isNamed ? row.slice(1) : row).map((cell) => Number(cell ?? 0)),
  }));
}

function disagreements(account: StreamAccount, counted: StreamCount = NOTHING): string[] {
  const stream = `${account.domain}.${account.stream}`;
  const { booked } = counted;
  const pairs: readonly (readonly [string, number, number])[] = [
    ['committed', account.committed, counted.rows],
    ['committed at distinct positions', account.committed, counted.positions],
    ['late', account.late, counted.late],
    ['rejected', account.rejected, counted.rejected],
    ['dead-lettered', account.dead_lettered, counted.undecodable + booked.holes],
    [
      'rejected or dead-lettered at distinct positions',
      account.rejected + account.dead_lettered,
      counted.discardedPositions + booked.holes,
    ],
    ['received in its cursor', account.received, booked.received],
    ['accounted for in its cursor', account.received - account.unaccounted, booked.accounted],
  ];
  return pairs.flatMap(([what, stated, found]) =>
    stated === found
      ? []
      : [`${stream}: the ledger states ${stated} ${what}, the independent count is ${found}`],
  );
}
