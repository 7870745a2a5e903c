import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkAccount } from '#cli/demo/account.ts';
import type { LedgerRunAnswer } from '#cli/ledger/run-ledger.ts';
import type { QueryEngine } from '#ports/query-engine.ts';
import { loadProject } from '#runtime/load-project.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const { project } = loadProject({ root: ROOT, environment: 'local' });

const TRADE = {
  stream: 'trade',
  received: 20,
  acknowledged: 20,
  committed: 10,
  rejected: 4,
  deduplicated: 3,
  deadLettered: 3,
  late: 2,
  inFlight: 0,
  unbalanced: 0,
};

function runOf(...streams: LedgerRunAnswer['streams']): LedgerRunAnswer {
  return {
    domain: 'market',
    entries: 1,
    complete: true,
    streams,
    unbalancedEvents: 0,
    holeEvents: 0,
    lagSeconds: 0,
    problems: [],
    notes: [],
  };
}

interface Tables {
  /** Rows, distinct positions, late rows. */
  readonly bronze: readonly number[];
  /** By stream: rejected, undecodable, distinct positions. */
  readonly rejected: Readonly<Record<string, readonly number[]>>;
  /** By stream: received, accounted for, holes. */
  readonly ledger: Readonly<Record<string, readonly number[]>>;
}

const AGREEING: Tables = {
  bronze: [10, 10, 2],
  rejected: { trade: [4, 2, 6] },
  ledger: { trade: [20, 20, 1] },
};

/** Answers as the tables hold it. */
function engine(tables: Tables): QueryEngine {
  const number = { name: 'n', type: 'bigint' };
  const answer = (rows: readonly (readonly (string | number)[])[], named: boolean) => ({
    columns: named ? [{ name: 'stream', type: 'varchar' }, number] : [number],
    rows: rows.map((row) => row.map(String)),
    scannedBytes: 0,
    milliseconds: 0,
  });
  const byStream = (counts: Readonly<Record<string, readonly number[]>>) =>
    answer(
      Object.entries(counts).map(([stream, numbers]) => [stream, ...numbers]),
      true,
    );
  return {
    query: async (sql) => {
      if (sql.includes('local_ops.ledger')) return byStream(tables.ledger);
      if (sql.includes('local_market_bronze.rejected')) return byStream(tables.rejected);
      // The other streams of the domain have no rows.
      const isTrade = sql.includes('local_market_bronze.trade');
      return answer([isTrade ? tables.bronze : [0, 0, 0]], false);
    },
  };
}

async function problemsOf(changes: Partial<Tables>, run = runOf(TRADE)) {
  return (await checkAccount(engine({ ...AGREEING, ...changes }), project, [run])).problems;
}

describe('checkAccount', () => {
  it('takes over the account of the ledger when every independent count agrees', async () => {
    expect(await checkAccount(engine(AGREEING), project, [runOf(TRADE)])).toEqual({
      streams: [
        {
          domain: 'market',
          stream: 'trade',
          received: 20,
          committed: 10,
          rejected: 4,
          deduplicated: 3,
          dead_lettered: 3,
          late: 2,
          unaccounted: 0,
        },
      ],
      problems: [],
      notes: [],
    });
  });

  it.each<[string, Partial<Tables>, RegExp]>([
    ['a row too many', { bronze: [11, 10, 2] }, /states 10 committed, .* count is 11/],
    ['a row that is there twice', { bronze: [10, 9, 2] }, /10 committed at distinct positions/],
    ['a late row', { bronze: [10, 10, 3] }, /states 2 late, the independent count is 3/],
    ['a rejected row', { rejected: { trade: [3, 2, 6] } }, /states 4 rejected, .* count is 3/],
    ['a rejected row there twice', { rejected: { trade: [4, 2, 5] } }, /at distinct positions/],
    ['a dead letter', { rejected: { trade: [4, 1, 6] } }, /states 3 dead-lettered, .* is 2/],
    ['a journal of other sums', { ledger: { trade: [19, 20, 1] } }, /20 received in its cursor/],
  ])('names %s', async (_, changes, problem) => {
    expect(await problemsOf(changes)).toEqual([expect.stringMatching(problem)]);
  });

  it('names a stream that the ledger does not know of', async () => {
    const rejected = { ...AGREEING.rejected, _unknown: [0, 2, 2] };
    expect(await problemsOf({ rejected })).toEqual([
      'market._unknown: the ledger states 0 dead-lettered, the independent count is 2',
      'market._unknown: the ledger states 0 rejected or dead-lettered at distinct positions, the independent count is 2',
    ]);
  });

  it('passes on what the ledger itself has found', async () => {
    const run = { ...runOf(TRADE), problems: ['found'], notes: ['noted'] };
    const account = await checkAccount(engine(AGREEING), project, [run]);
    expect(account).toMatchObject({ problems: ['found'], notes: ['noted'] });
  });
});
