import { afterAll, describe, expect, it } from 'vitest';
import { SluiceProcesses } from './run-sluice.ts';

const sluice = new SluiceProcesses();
afterAll(() => sluice.cleanUp());

interface StreamLine {
  domain: string;
  stream: string;
  received: number;
  committed: number;
  rejected: number;
  deduplicated: number;
  dead_lettered: number;
  late: number;
  unaccounted: number;
}

interface DemoResult {
  ok: boolean;
  run: {
    number: number;
    planted: { broken: number; duplicate: number; late: number; undecodable: number };
  };
  streams: StreamLine[];
  files: { object: string; rows: number; committed: number; counted_before: boolean }[];
  tables: {
    database: string;
    table: string;
    rows: number;
    snapshots: number;
    files: number;
    bytes: number;
  }[];
}

/** Rows of the files by `wc -l`, header left out. */
const FILE_ROWS = 5105 + 8759;

function sum(lines: readonly StreamLine[], name: keyof StreamLine): number {
  return lines.reduce((total, line) => total + Number(line[name]), 0);
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
  it('takes files and generated events of two domains into their tables and accounts for every one', async () => {
    const { ok, run, streams, files, tables } = await demo(6000);
    const { planted } = run;
    expect(ok).toBe(true);
    expect(files).toMatchObject([
      { object: 'sp500-2000.csv', rows: 5105, committed: 5105, counted_before: false },
      { object: 'seattle-weather-hourly-normals.csv', rows: 8759, committed: 8759 },
    ]);
    expect(Math.min(...Object.values(planted))).toBeGreaterThan(0);
    const received = FILE_ROWS + 6000 + planted.undecodable;
    const committed = received - planted.broken - planted.duplicate - planted.undecodable;
    expect(sum(streams, 'received')).toBe(received);
    expect(sum(streams, 'committed')).toBe(committed);
    expect(sum(streams, 'rejected')).toBe(planted.broken);
    expect(sum(streams, 'deduplicated')).toBe(planted.duplicate);
    expect(sum(streams, 'dead_lettered')).toBe(planted.undecodable);
    expect(sum(streams, 'late')).toBe(planted.late);
    expect(streams.map(({ unaccounted }) => unaccounted)).toEqual(streams.map(() => 0));
    expect(streams.map(({ domain, stream }) => `${domain}.${stream}`)).toEqual([
      'city.energy',
      'city.traffic',
      'city.weather',
      'market.economic_event_numeric',
      'market.economic_event_text',
      'market.order_book',
      'market.trade',
    ]);
    const rows = (isRejected: boolean): number =>
      tables
        .filter(({ table }) => (table === 'rejected') === isRejected)
        .reduce((total, table) => total + table.rows, 0);
    expect(rows(false)).toBe(committed);
    expect(rows(true)).toBe(planted.broken + planted.undecodable);
  });

  it('goes on from the kept state: counts are cumulative, event ids new, files count once', async () => {
    const { ok, run, streams, files } = await demo(1000);
    expect(ok).toBe(true);
    expect(run.number).toBe(2);
    expect(files.map(({ counted_before }) => counted_before)).toEqual([true, true]);
    const trade = streams.find(({ stream }) => stream === 'trade');
    const { rows } = await sluice.json(
      'sql',
      'SELECT count(*) AS n, count(DISTINCT _event_id) AS ids, count_if(_late) AS late FROM local_market_bronze.trade',
    );
    expect(rows).toEqual([{ n: trade?.committed, ids: trade?.committed, late: trade?.late }]);
  });

  it('answers SQL over the real rows as the files have them', async () => {
    const { rows: trades } = await sluice.json(
      'sql',
      `SELECT symbol, _raw_symbol, price, size, "timestamp", _flags, _late FROM local_market_bronze.trade WHERE trade_id = 'sp500-2020-04-17'`,
    );
    expect(trades).toMatchObject([
      {
        symbol: 'SPX',
        _raw_symbol: 'spx',
        price: 2874.560059,
        size: 5792140000,
        // Four in the afternoon in New York, in April.
        timestamp: '2020-04-17T20:00:00.000000Z',
        _late: false,
      },
    ]);
    const { rows: normals } = await sluice.json(
      'sql',
      `SELECT value, pressure, wind, "timestamp" FROM local_city_bronze.weather WHERE source_system = 'normals' ORDER BY "timestamp" LIMIT 1`,
    );
    expect(normals).toMatchObject([
      { value: 4, pressure: 1016.6, wind: 3.8, timestamp: '2010-01-01T09:00:00.000000Z' },
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
    const lines = domains.flatMap(({ streams }) => streams);
    expect(lines.map(({ unbalanced }) => unbalanced)).toEqual(lines.map(() => 0));
    const total = lines.reduce((sum, { received }) => sum + received, 0);
    // The CSV rows of the test before are in as well, and undecodable events on top of the generated.
    expect(total).toBeGreaterThanOrEqual(FILE_ROWS + 6000 + 1000 + 2);
    expect(total).toBeLessThan(FILE_ROWS + 6000 + 1000 + 2 + 10);
  });

  it('lists the tables', async () => {
    const { tables } = await sluice.json('tables');
    const names = (tables as { database: string; table: string }[]).map(
      ({ database, table }) => `${database}.${table}`,
    );
    expect(names).toEqual([
      'local_city_bronze.energy',
      'local_city_bronze.rejected',
      'local_city_bronze.traffic',
      'local_city_bronze.weather',
      'local_market_bronze.economic_event_numeric',
      'local_market_bronze.economic_event_text',
      'local_market_bronze.order_book',
      'local_market_bronze.rejected',
      'local_market_bronze.trade',
      'local_ops.ledger',
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
