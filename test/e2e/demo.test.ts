import { afterAll, describe, expect, it } from 'vitest';
import { SluiceProcesses } from './run-sluice.ts';

const sluice = new SluiceProcesses();
afterAll(() => sluice.cleanUp());

interface DemoResult {
  ok: boolean;
  run: {
    number: number;
    planted: { broken: number; duplicate: number; late: number; undecodable: number };
  };
  streams: {
    received: number;
    committed: number;
    rejected: number;
    deduplicated: number;
    dead_lettered: number;
    late: number;
    unaccounted: number;
  }[];
  files: { object: string; rows: number; valid: number; invalid: number }[];
  tables: {
    database: string;
    table: string;
    rows: number;
    snapshots: number;
    files: number;
    bytes: number;
  }[];
}

async function demo(events: number): Promise<DemoResult> {
  return (await sluice.json(
    'demo',
    '--events',
    String(events),
    '--port',
    '0',
  )) as unknown as DemoResult;
}

describe('sluice demo', { timeout: 120_000 }, () => {
  it('takes real and generated rows into the table and accounts for every one', async () => {
    const { ok, run, streams, files, tables } = await demo(4000);
    const { planted } = run;
    expect(ok).toBe(true);
    expect(files).toEqual([{ object: 'sp500-2000.csv', rows: 5105, valid: 5105, invalid: 0 }]);
    expect(planted).toMatchObject({ broken: 8, undecodable: 2 });
    expect(Math.min(planted.duplicate, planted.late)).toBeGreaterThan(2);
    const received = 5105 + 4000 + planted.undecodable;
    const committed = received - planted.broken - planted.duplicate - planted.undecodable;
    expect(streams).toEqual([
      {
        domain: 'market',
        stream: 'trade',
        received,
        committed,
        rejected: planted.broken,
        deduplicated: planted.duplicate,
        dead_lettered: planted.undecodable,
        late: planted.late,
        unaccounted: 0,
      },
    ]);
    expect(tables).toMatchObject([
      {
        database: 'local_market_bronze',
        table: 'rejected',
        rows: planted.broken + planted.undecodable,
      },
      { database: 'local_market_bronze', table: 'trade', rows: committed },
    ]);
  });

  it('goes on from the kept state: counts are cumulative, event ids new', async () => {
    const { ok, run, streams } = await demo(1000);
    expect(ok).toBe(true);
    expect(run.number).toBe(2);
    expect(streams[0]?.received).toBe(5105 + 4000 + 2 + 5105 + 1000);
    const { rows } = await sluice.json(
      'sql',
      'SELECT count(*) AS n, count(DISTINCT _event_id) AS ids FROM local_market_bronze.trade',
    );
    expect(rows).toEqual([{ n: streams[0]?.committed, ids: streams[0]?.committed }]);
  });

  it('answers SQL over the real rows as the file has them', async () => {
    const { rows } = await sluice.json(
      'sql',
      `SELECT symbol, _raw_symbol, price, size, "timestamp", _flags FROM local_market_bronze.trade WHERE trade_id = 'sp500-1-5105'`,
    );
    expect(rows).toMatchObject([
      {
        symbol: 'SPX',
        _raw_symbol: 'spx',
        price: 2874.560059,
        size: 5792140000,
        timestamp: '2020-04-17T00:00:00.000000Z',
      },
    ]);
  });

  it('sends a CSV file by expressions, reports rows that do not fit, and sends the rest', async () => {
    const csv = [
      'traded,px,qty',
      '2026-01-02 10:00:00,10.5,3',
      '2026-01-02 10:00:01,dear,3',
      '2026-01-02 10:00:02,11,4',
      '',
    ].join('\n');
    const { writeFileSync } = await import('node:fs');
    const file = `${sluice.stateDir}/trades.csv`;
    writeFileSync(file, csv);
    const map = [
      "source_system='file'",
      "trade_id=concat('row-', cast(_row as string))",
      "symbol='abc'",
      'timestamp=traded',
      'price=px',
      'size=qty',
    ];
    const { status, stdout, stderr } = await sluice.run(
      'produce',
      '--file',
      file,
      '--stream',
      'trade',
      ...map.flatMap((each) => ['--map', each]),
      '--json',
    );
    expect(status).toBe(1);
    expect(stderr).toContain('row 2:');
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      sent: 2,
      files: [{ object: 'trades.csv', rows: 3, valid: 2, invalid: 1 }],
    });
    const { rows } = await sluice.json(
      'sql',
      "SELECT trade_id, price FROM local_market_bronze.trade WHERE source_system = 'file' ORDER BY trade_id",
    );
    expect(rows).toEqual([
      { trade_id: 'row-1', price: 10.5 },
      { trade_id: 'row-3', price: 11 },
    ]);
  });

  it('shows the same account by the ledger command', async () => {
    const { ok, domains } = (await sluice.json('ledger', '--run')) as unknown as {
      ok: boolean;
      domains: { streams: { stream: string; received: number; unbalanced: number }[] }[];
    };
    expect(ok).toBe(true);
    // The CSV rows of the test before are in as well.
    expect(domains[0]?.streams).toMatchObject([
      { stream: 'trade', received: 5105 + 4000 + 2 + 5105 + 1000 + 2, unbalanced: 0 },
    ]);
  });

  it('lists the tables', async () => {
    const { tables } = await sluice.json('tables');
    expect(tables).toMatchObject([
      { database: 'local_market_bronze', table: 'rejected' },
      { database: 'local_market_bronze', table: 'trade' },
      { database: 'local_ops', table: 'ledger' },
    ]);
  });

  it('leaves tables that keep to the letter of the specification', async () => {
    expect(await sluice.tableProblems()).toEqual([]);
  });

  it('prints SQL errors as a sentence', async () => {
    const { status, stderr } = await sluice.run('sql', 'SELECT * FROM local_market_bronze.trades');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^QUERY_FAILED: TABLE_NOT_FOUND/);
  });

  it('deletes the state only when told to', async () => {
    expect((await sluice.run('reset')).status).toBe(1);
    expect((await sluice.run('reset', '--yes')).status).toBe(0);
    const { rows } = await sluice.json(
      'sql',
      'SELECT count(*) AS n FROM local_market_bronze.trade',
    );
    expect(rows).toEqual([{ n: 0 }]);
  });
});
