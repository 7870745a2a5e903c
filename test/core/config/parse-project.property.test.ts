import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MARKET, PLATFORM, parse, projectFiles, projectOf, TICK } from './project-fixture.ts';

/** A mistake that touches one value: the file, what stands there, what is written instead, and the path it is blamed on. */
const MISTAKES = [
  ['config/platform.yaml', 'shards: 1', 'shards: none', 'stream.shards'],
  ['config/platform.yaml', 'memory: 1769MB', 'memory: much', 'writer.memory'],
  ['config/platform.yaml', 'log_retention: 30d', 'log_retention: 31d', 'log_retention'],
  ['config/platform.yaml', 'delay: 10s', 'dealy: 10s', 'defaults.watermark.dealy'],
  ['config/platform.yaml', 'bytes: 200', 'bytes: 0', 'defaults.rate.bytes'],
  [
    'config/environments/prod.yaml',
    'log_retention: 90d',
    'writer: { memory: 1GB3 }',
    'writer.memory',
  ],
  ['config/categories/market.tick.yaml', 'price: double', 'price: money9', 'fields.price'],
  ['domains/market.yaml', 'owner: data@example.com', 'ownr: me', 'ownr'],
  [
    'domains/market.yaml',
    'category: market.tick',
    'category: market.tok',
    'streams.trade.category',
  ],
  ['domains/market.yaml', 'key: symbol', 'key: smbol', 'streams.trade.key'],
  ['domains/market.yaml', 'trade_id: string', 'trade_id: strng', 'streams.trade.fields.trade_id'],
  ['domains/market.yaml', 'currency: USD', 'currency: 7', 'streams.trade.fields.fee.currency'],
  ['domains/market.yaml', 'on_fail: reject', 'on_fail: drop', 'streams.trade.quality[0].on_fail'],
  [
    'domains/market.yaml',
    'symbol: upper(symbol)',
    'symbl: upper(symbol)',
    'streams.trade.mapping.symbl',
  ],
] as const;

describe('parseProject on files with several mistakes', () => {
  it('reports every one of them at once, each at its own place', () => {
    fc.assert(
      fc.property(fc.subarray([...MISTAKES], { minLength: 1 }), (mistakes) => {
        const files = new Map(projectFiles().map(({ path, text }) => [path, text]));
        for (const [file, before, after] of mistakes) {
          files.set(file, (files.get(file) ?? '').replace(before, after));
        }
        const reading = parse(Object.fromEntries(files));
        const found = reading.ok ? [] : reading.issues;
        const blamed = new Set(found.map(({ file, path }) => `${file} ${path}`));
        for (const [file, , , path] of mistakes) expect(blamed).toContain(`${file} ${path}`);
        for (const { file, line, column, message } of found) {
          const text = files.get(file)?.split('\n')[line - 1];
          expect(text?.length, message).toBeGreaterThanOrEqual(column - 1);
          expect(message).toMatch(/expected/);
        }
      }),
      { numRuns: 25 },
    );
  });

  it.each(MISTAKES)('reports nothing but the mistake in %s: %s', (file, before, after) => {
    const text = projectFiles().find(({ path }) => path === file)?.text ?? '';
    const reading = parse({ [file]: text.replace(before, after) });
    expect(new Set(reading.ok ? [] : reading.issues.map((issue) => issue.file))).toEqual(
      new Set([file]),
    );
  });

  it('never throws, whatever a line is replaced by', () => {
    const texts = { 'config/platform.yaml': PLATFORM, 'domains/market.yaml': MARKET };
    const junk = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.constantFrom(
        '- a',
        ': x',
        '{',
        '[]',
        '&a *a',
        '!!binary x',
        '? k',
        '"',
        '\t',
        'streams: 1',
      ),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.entries(texts)),
        fc.nat(),
        junk,
        ([file, text], at, line) => {
          const lines = text.split('\n');
          lines[at % lines.length] = line;
          const reading = parse({ [file]: lines.join('\n') });
          if (!reading.ok) expect(reading.issues.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('a resolved project', () => {
  it('is frozen to its leaves', () => {
    const thawed: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) thawed.push(path);
      for (const [key, entry] of Object.entries(value)) visit(entry, `${path}.${key}`);
    };
    visit(projectOf({ 'config/categories/market.tick.yaml': TICK }), 'project');
    expect(thawed).toEqual([]);
  });
});
