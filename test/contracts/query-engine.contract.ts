import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { QueryEngine } from '#ports/query-engine.ts';

/** An engine whose database `market` holds the table `item (id bigint, name varchar)` with the rows (1, 'a'), (2, ''), (3, NULL). */
export interface QueryEngineUnderTest {
  readonly engine: QueryEngine;
  readonly close?: () => Promise<void>;
}

/** What every QueryEngine keeps to; each adapter runs it. */
export function describeQueryEngine(
  name: string,
  setup: () => Promise<QueryEngineUnderTest>,
): void {
  describe(`query engine contract: ${name}`, () => {
    let tested: QueryEngineUnderTest;
    let engine: QueryEngine;
    beforeEach(async () => {
      tested = await setup();
      ({ engine } = tested);
    });
    afterEach(() => tested.close?.());

    it('gives columns with their types, and rows as text', async () => {
      const { columns, rows } = await engine.query(
        `SELECT 1 AS n, BIGINT '9007199254740993' AS big, true AS yes, 'x' AS word,
                CAST(12.5 AS decimal(10, 2)) AS money, DATE '2026-11-20' AS day, 0.5E0 AS half`,
      );
      expect(columns).toEqual([
        { name: 'n', type: 'integer' },
        { name: 'big', type: 'bigint' },
        { name: 'yes', type: 'boolean' },
        { name: 'word', type: 'varchar' },
        { name: 'money', type: 'decimal(10,2)' },
        { name: 'day', type: 'date' },
        { name: 'half', type: 'double' },
      ]);
      expect(rows).toEqual([['1', '9007199254740993', 'true', 'x', '12.50', '2026-11-20', '0.5']]);
    });

    it('tells NULL from the empty text', async () => {
      const { rows } = await engine.query('SELECT name FROM market.item ORDER BY id');
      expect(rows).toEqual([['a'], [''], [null]]);
    });

    it('gives no row where there is none, and the columns all the same', async () => {
      const { columns, rows } = await engine.query('SELECT id FROM market.item WHERE id > 3');
      expect(columns).toEqual([{ name: 'id', type: 'bigint' }]);
      expect(rows).toEqual([]);
    });

    it('gives back a row that looks like the header', async () => {
      const { rows } = await engine.query("SELECT 'word' AS word UNION ALL SELECT 'word'");
      expect(rows).toEqual([['word'], ['word']]);
    });

    it('gives every row of a long result once, in order', async () => {
      const numbers = Array.from({ length: 60 }, (_, n) => `(${n})`).join(', ');
      const { rows } = await engine.query(
        `SELECT a.n * 60 + b.n AS n FROM (VALUES ${numbers}) AS a (n)
         CROSS JOIN (VALUES ${numbers}) AS b (n) ORDER BY 1`,
      );
      expect(rows.map(([n]) => Number(n))).toEqual(Array.from({ length: 3600 }, (_, n) => n));
    });

    it('carries text of any kind', async () => {
      const text = 'quote " comma , newline \n tab \t Zürich 😀';
      const { rows } = await engine.query(`SELECT '${text}' AS word, '\ufeffmark' AS marked`);
      expect(rows).toEqual([[text, '\ufeffmark']]);
    });

    it('resolves names in the database it is given', async () => {
      const { rows } = await engine.query('SELECT count(*) FROM item', { database: 'market' });
      expect(rows).toEqual([['3']]);
    });

    it('answers statements that are no queries without a header', async () => {
      const { rows } = await engine.query('SHOW TABLES IN market');
      expect(rows).toEqual([['item']]);
    });

    it('says what it read and how long it took', async () => {
      const { scannedBytes, milliseconds } = await engine.query('SELECT id FROM market.item');
      expect(scannedBytes).toBeGreaterThan(0);
      expect(milliseconds).toBeGreaterThanOrEqual(0);
    });

    it.each<[string, string, RegExp]>([
      ['does not parse', 'SELEC 1', /SELEC/],
      ['names no table', 'SELECT * FROM market.nothing', /nothing/],
      ['names no column', 'SELECT nothing FROM market.item', /nothing/],
      ['fails while it runs', 'SELECT CAST(name AS bigint) FROM market.item', /'a'/],
    ])('fails with the reason of the engine when the statement %s', async (_, sql, reason) => {
      await expect(engine.query(sql)).rejects.toMatchObject({
        code: 'QUERY_FAILED',
        message: expect.stringMatching(reason),
      });
    });

    it('keeps the answers of statements apart that run at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) => engine.query(`SELECT ${index} AS n`)),
      );
      expect(answers.map(({ rows }) => rows)).toEqual(
        Array.from({ length: 8 }, (_, index) => [[`${index}`]]),
      );
    });
  });
}
