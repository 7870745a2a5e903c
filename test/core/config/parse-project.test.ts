import { describe, expect, it } from 'vitest';
import { parseProject } from '#core/config/parse-project.ts';
import { resolveSecrets } from '#core/config/resolve/resolve-secrets.ts';
import {
  issuesOf,
  LOCAL,
  MARKET,
  market,
  PLATFORM,
  parse,
  projectFiles,
  projectOf,
  tradeOf,
} from './project-fixture.ts';

const DOMAIN = 'domains/market.yaml';

describe('parseProject', () => {
  it('resolves a stream with its defaults', () => {
    const { quality, mapping, partition, ...stream } = tradeOf();
    expect({ ...stream, fields: stream.fields.map((field) => field.name) }).toMatchObject({
      domain: 'market',
      name: 'trade',
      category: 'market.tick',
      description: '',
      key: 'symbol',
      eventTime: 'timestamp',
      fields: ['source_system', 'trade_id', 'symbol', 'timestamp', 'price', 'size', 'fee'],
      identity: ['source_system', 'trade_id'],
      watermark: { delayMs: 10_000, idleMs: 60_000, maxFutureSkewMs: 5_000 },
      rate: { expectedPerSecond: 10, peakPerSecond: 10, bytes: 200 },
      retention: { bronzeDays: 2_555 },
      dedupe: { horizonMs: 3_600_000 },
      generate: {},
    });
    expect(quality).toEqual([{ name: 'price_above_0', rule: 'price > 0', onFail: 'reject' }]);
    expect(mapping).toEqual([
      { column: 'symbol', expression: 'upper(symbol)', type: { kind: 'string' } },
    ]);
    expect(partition.bronze).toEqual([
      { transform: 'hour', parameter: null, column: '_ingested_at' },
    ]);
  });

  it('resolves every type of field', () => {
    const lines = [
      'a: boolean',
      'b: { type: int, default: 7, doc: Level, aliases: [b0], examples: [1, 2] }',
      'c: { type: float, allow_nan: true }',
      'd: decimal( 10 , 2 )',
      'e: { type: enum, symbols: [bid, ask] }',
      'f: { type: list, element: { type: map, value: "decimal(4,0)" } }',
      'g: { type: record, fields: { tax: { type: money, currency: EUR }, note: { type: string, optional: true } } }',
      'h: { type: long, optional: true }',
      'i: { type: timestamp_millis, default: "2026-01-31T00:00:00.5Z" }',
      'j: date',
      'k: bytes',
    ];
    const stream = tradeOf('trade_id: string', `trade_id: string\n      ${lines.join('\n      ')}`);
    const added = stream.fields.filter((field) => field.name.length === 1);
    const plain = { optional: false, aliases: [], examples: [], allowNan: false };
    expect(added).toEqual([
      { ...plain, name: 'a', type: { kind: 'boolean' } },
      {
        ...plain,
        name: 'b',
        type: { kind: 'int' },
        default: 7,
        aliases: ['b0'],
        doc: 'Level',
        examples: [1, 2],
      },
      { ...plain, name: 'c', type: { kind: 'float' }, allowNan: true },
      { ...plain, name: 'd', type: { kind: 'decimal', precision: 10, scale: 2 } },
      { ...plain, name: 'e', type: { kind: 'enum', symbols: ['bid', 'ask'] } },
      {
        ...plain,
        name: 'f',
        type: {
          kind: 'list',
          element: { kind: 'map', value: { kind: 'decimal', precision: 4, scale: 0 } },
        },
      },
      {
        ...plain,
        name: 'g',
        type: {
          kind: 'record',
          fields: [
            { ...plain, name: 'tax', type: { kind: 'money', currency: 'EUR' } },
            { ...plain, name: 'note', type: { kind: 'string' }, optional: true },
          ],
        },
      },
      { ...plain, name: 'h', type: { kind: 'long' }, optional: true },
      {
        ...plain,
        name: 'i',
        type: { kind: 'timestamp_millis' },
        default: 1_769_817_600_500_000n,
      },
      { ...plain, name: 'j', type: { kind: 'date' } },
      { ...plain, name: 'k', type: { kind: 'bytes' } },
    ]);
  });

  it('lays the environment over the platform and the domain over both', () => {
    const files = {
      'config/environments/local.yaml': `${LOCAL}defaults: { watermark: { delay: 20s, idle: 2m } }\n`,
      ...market('key: symbol', 'key: symbol\n    watermark: { delay: 30s }'),
    };
    const project = projectOf(files);
    expect(project.domains[0]?.streams[0]?.watermark).toEqual({
      delayMs: 30_000,
      idleMs: 120_000,
      maxFutureSkewMs: 5_000,
    });
    expect(project.environment).toMatchObject({
      name: 'local',
      account: null,
      region: null,
      removalPolicy: 'destroy',
      logRetentionDays: 30,
      stream: { shards: 1, retentionHours: 24 },
      writer: {
        memoryMb: 1769,
        timeoutSeconds: 120,
        batchSize: 10_000,
        batchingWindowSeconds: 1,
        retryAttempts: -1,
        maxRecordAgeSeconds: 3_600,
      },
      ledger: { everyMinutes: 15, graceSeconds: 900 },
      alarms: { email: [], iteratorAgeSeconds: 900 },
      queryScanLimitBytes: 10_000_000_000,
      secrets: resolveSecrets(undefined, { platform: 'sluice', environment: 'local' }),
    });
  });

  it('replaces lists instead of merging them', () => {
    const stream = tradeOf('key: symbol', 'key: symbol\n    partition: { bronze: [symbol] }');
    expect(stream.partition.bronze).toEqual([
      { transform: 'identity', parameter: null, column: 'symbol' },
    ]);
  });

  it('takes the account and region of the environment', () => {
    const { environment } = projectOf(
      {
        'config/environments/prod.yaml': 'account: "012345678901"\nregion: eu-central-1\n',
      },
      { environment: 'prod' },
    );
    expect(environment).toMatchObject({ account: '012345678901', region: 'eu-central-1' });
  });

  it('takes the arrival time where neither stream nor category has an event time', () => {
    const project = projectOf({
      [DOMAIN]:
        'domain: market\nowner: me\nstreams:\n  reading:\n    category: sensor.reading\n    key: sensor_id\n    fields: { event_id: string, sensor_id: string, value: float }\n',
    });
    expect(project.domains[0]?.streams[0]).toMatchObject({
      eventTime: null,
      identity: ['event_id'],
    });
  });

  it('gives a stream its own event time before that of the category', () => {
    const text = MARKET.replace('key: symbol', 'key: symbol\n    event_time: booked').replace(
      'trade_id: string',
      'trade_id: string\n      booked: timestamp_millis',
    );
    const stream = projectOf({ [DOMAIN]: text }).domains[0]?.streams[0];
    expect(stream?.eventTime).toBe('booked');
  });

  it('stores a mapped money column and a money partition under their stored names', () => {
    const stream = tradeOf(
      'symbol: upper(symbol)',
      'tax: { type: { type: money, currency: USD }, value: fee }\n    partition: { bronze: ["truncate(100, fee)", tax] }',
    );
    expect(stream.mapping[0]?.column).toBe('tax_cents');
    expect(stream.partition.bronze.map((term) => term.column)).toEqual(['fee_cents', 'tax_cents']);
  });

  it('sorts domains by name and keeps streams and fields in the order of the file', () => {
    const second = MARKET.replace('domain: market', 'domain: auction').replace('trade:', 'bid:');
    const project = projectOf({ 'domains/auction.yaml': second });
    expect(project.domains.map((domain) => domain.name)).toEqual(['auction', 'market']);
  });

  it('freezes the project to its leaves', () => {
    const project = projectOf();
    const field = project.domains[0]?.streams[0]?.fields[0];
    expect(Object.isFrozen(project)).toBe(true);
    expect(Object.isFrozen(field?.type)).toBe(true);
    expect(() => Object.assign(project.environment.writer, { memoryMb: 1 })).toThrow(TypeError);
  });

  it('gives the same project for the same files in any order', () => {
    const files = projectFiles();
    expect(parseProject([...files].reverse(), 'local')).toEqual(parseProject(files, 'local'));
  });

  it('refuses a file given twice', () => {
    const reading = parseProject([...projectFiles(), ...projectFiles()], 'local');
    const messages = reading.ok ? [] : reading.issues.map((issue) => issue.message);
    expect(new Set(messages)).toEqual(new Set(['expected the file once, got it twice']));
  });

  it('skips expressions while a field is invalid, so that one mistake gives one issue', () => {
    const issues = issuesOf(market('price: double', 'price: doubel'), {
      checkExpression: () => 'expected a field',
    });
    expect(issues.split('\n')).toHaveLength(1);
  });

  it('hands the fields and the column to the expression check', () => {
    const seen: unknown[] = [];
    parse(
      {},
      {
        checkExpression: (text, fields, target) => {
          seen.push([text, fields.length, target.expect, target.column?.name ?? null]);
          return null;
        },
      },
    );
    expect(seen).toEqual([
      ['upper(symbol)', 7, 'any', 'symbol'],
      ['price > 0', 7, 'boolean', null],
    ]);
  });
});

describe('parseProject on hostile files', () => {
  it('bounds aliases that expand without end', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 10; level += 1) {
      const aliases = Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ');
      lines.push(`a${level}: &a${level} [${aliases}]`);
    }
    expect(issuesOf({ [DOMAIN]: lines.join('\n') })).toBe(
      `${DOMAIN}:1:1: expected at most 50000 values after aliases are expanded, got more`,
    );
  });

  it('refuses an anchor that holds itself', () => {
    const text = issuesOf({ [DOMAIN]: 'domain: &a [*a]\n' });
    expect(text).toMatch(/^domains\/market\.yaml:1:1: expected at most \d+ /);
  });

  it.each(['[', '{a: ', '- '])('survives a hundred thousand times %j', (opening) => {
    const text = issuesOf({ [DOMAIN]: opening.repeat(100_000) });
    expect(text).toContain(`${DOMAIN}:`);
  });

  it('stays linear for many keys', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n');
    expect(issuesOf({ [DOMAIN]: keys })).toContain('got "k19999"');
  });

  it('refuses a file of unusual size', () => {
    expect(issuesOf({ [DOMAIN]: `# ${'x'.repeat(600_000)}` })).toContain('expected at most 524288');
  });

  it('takes no prototype from a file', () => {
    const text = issuesOf({
      [DOMAIN]: `${MARKET}__proto__: { polluted: true }\n`,
    });
    expect(text).toBe(`${DOMAIN}:20:1 __proto__: expected a name, got "__proto__"`);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('accepts fields named like properties of every object', () => {
    const stream = tradeOf(
      'trade_id: string',
      'trade_id: string\n      constructor: string\n      valueof: int',
    );
    expect(stream.fields.map((field) => field.name)).toContain('constructor');
  });

  it('refuses merge keys, complex keys and further documents by name', () => {
    expect(issuesOf({ [DOMAIN]: `${MARKET}<<: {}\n? [a]\n: b\n` })).toBe(
      [
        `${DOMAIN}:20:1 ["<<"]: merge keys are not supported; write the keys out`,
        `${DOMAIN}:21:3: expected a plain key, got a list, a mapping or nothing as key`,
      ].join('\n'),
    );
    expect(issuesOf({ [DOMAIN]: `${MARKET}---\na: 1\n` })).toBe(
      `${DOMAIN}:20:1: expected one YAML document, got several; remove "---"`,
    );
  });

  it('keeps the first of two equal keys and names the second', () => {
    expect(issuesOf({ [DOMAIN]: `${MARKET}owner: another\n` })).toBe(
      `${DOMAIN}:20:1 owner: duplicate key "owner"; keep one of them`,
    );
  });

  it('shortens and escapes what it repeats', () => {
    const text = issuesOf(
      market('owner: data@example.com', `owner: x\n"\\e[2J${'y'.repeat(500)}": 1`),
    );
    expect(text).not.toContain('\u001b');
    expect(text.length).toBeLessThan(400);
  });

  it('expands an alias where it is used', () => {
    const stream = tradeOf(
      'price: double\n      size: double',
      'price: &number { type: double, doc: A number }\n      size: *number',
    );
    expect(stream.fields.find((field) => field.name === 'size')?.doc).toBe('A number');
  });

  it('does not round integers beyond 2^53', () => {
    const text = issuesOf({
      'config/platform.yaml': PLATFORM.replace('shards: 1', 'shards: 9007199254740993'),
    });
    expect(text).toContain('got 9007199254740993');
  });
});
