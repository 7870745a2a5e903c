import { describe, expect, it } from 'vitest';
import { formatRefusal, type GeneratedSchemas, generateSchemas } from '#app/generate-schemas.ts';
import { readRegistry, type TextFile } from '#core/schema/schema-files.ts';
import { MARKET, market, projectOf } from '#test/core/config/project-fixture.ts';

type Files = Readonly<Record<string, string | null>>;

const EDITOR_SCHEMAS = [
  'schemas/category.schema.json',
  'schemas/domain.schema.json',
  'schemas/environment.schema.json',
  'schemas/platform.schema.json',
];
const AVRO_1 = 'schemas/avro/market/trade/1.avsc';
const REGISTRY = 'schemas/registry.json';
const SHAPE = 'schemas/tables/market/trade.json';
const MIGRATIONS = 'schemas/tables/market/trade.migrations.json';

function generate(changes: Files, files: readonly TextFile[] = []): GeneratedSchemas {
  return generateSchemas({ project: projectOf(changes), files });
}

/** Files after the writes were written. */
function written(files: readonly TextFile[], generated: GeneratedSchemas): readonly TextFile[] {
  const texts = new Map([...files, ...generated.writes].map((file) => [file.path, file.text]));
  return [...texts].map(([path, text]) => ({ path, text }));
}

const paths = (files: readonly TextFile[]) => files.map((file) => file.path);
const FIRST = written([], generate({}));
const withNote = market(
  'size: double',
  'size: double\n      note: { type: string, optional: true }',
);

/** FIRST with the text of one file replaced, or without it. */
function tampered(path: string, edit: (text: string) => string | null): readonly TextFile[] {
  return FIRST.flatMap((file) => {
    const text = file.path === path ? edit(file.text) : file.text;
    return text === null ? [] : [{ path: file.path, text }];
  });
}

describe('generateSchemas', () => {
  it('writes schema, registry, table shape and editor schemas of a new project', () => {
    expect(paths(generate({}).writes)).toEqual([AVRO_1, ...EDITOR_SCHEMAS, REGISTRY, SHAPE].sort());
  });

  it('writes nothing the second time', () => {
    const again = generate({}, FIRST);
    expect(again.writes).toEqual([]);
    expect(again.refused).toEqual([]);
    expect(again.unchanged).toEqual([...paths(FIRST)].sort());
  });

  it('gives the same bytes in every environment and for files in any order', () => {
    const prod = generateSchemas({ project: projectOf({}, { environment: 'prod' }), files: [] });
    expect(prod).toEqual(generate({}));
    expect(generate(withNote, [...FIRST].reverse())).toEqual(generate(withNote, FIRST));
  });

  it('writes the next version and a migration for a new field, and rewrites nothing frozen', () => {
    const next = generate(withNote, FIRST);
    expect(paths(next.writes)).toEqual(['schemas/avro/market/trade/2.avsc', REGISTRY, MIGRATIONS]);
    expect(next.unchanged).toContain(AVRO_1);
    expect(next.unchanged).toContain(SHAPE);
    const files = written(FIRST, next);
    expect(generate(withNote, files).writes).toEqual([]);
    const reading = readRegistry(files);
    const [stream] = reading.ok ? reading.registry.streams : [];
    expect(stream?.schemaVersions.map(({ version }) => version)).toEqual([1, 2]);
    expect(stream?.migrations).toEqual([
      {
        schemaVersion: 2,
        mappingVersion: 1,
        changes: [{ kind: 'add-column', path: ['note'], type: 'string' }],
      },
    ]);
  });

  it('writes nothing for other words in doc and in expectations', () => {
    const described = market(
      'symbol: string',
      'symbol: { type: string, doc: Exchange code, examples: [AAPL] }',
    );
    expect(generate(described, FIRST).writes).toEqual([]);
  });

  it('keeps the files of a stream that left the project', () => {
    const other = MARKET.replace('  trade:', '  deal:');
    const next = generate({ 'domains/market.yaml': other }, FIRST);
    expect(paths(next.writes)).toEqual([
      'schemas/avro/market/deal/1.avsc',
      REGISTRY,
      'schemas/tables/market/deal.json',
    ]);
    expect(next.unchanged).toContain(AVRO_1);
    const reading = readRegistry(written(FIRST, next));
    const names = reading.ok ? reading.registry.streams.map(({ stream }) => stream) : [];
    expect(names).toEqual(['deal', 'trade']);
  });

  it('refuses illegal changes with place, rule and way out, and writes nothing at all', () => {
    const text = MARKET.replace('trade_id: string', 'trade_id: long').replace(
      'currency: USD',
      'currency: EUR',
    );
    const { writes, refused } = generate({ 'domains/market.yaml': text }, FIRST);
    expect(writes).toEqual([]);
    expect(refused.map(formatRefusal)).toEqual([
      'domains/market.yaml streams.trade.fields.trade_id: the type changed from string to long (since version 1): BACKWARD_TRANSITIVE against version 1: a type may only widen: int to long, float to double, decimal to more digits; restore the type, or add a new field beside it',
      'domains/market.yaml streams.trade.fields.fee: the currency changed from USD to EUR (since version 1): BACKWARD_TRANSITIVE against version 1: amounts of two currencies cannot share a column; restore the currency, or add a new field beside it',
    ]);
  });

  it('names the mapping of a column that changed its type, and the partition terms', () => {
    const mapped = (type: string) =>
      market('symbol: upper(symbol)', `notional: { type: ${type}, value: price }`);
    const files = written([], generate(mapped('double')));
    const [refused] = generate(mapped('string'), files).refused;
    expect(refused?.path).toBe('streams.trade.mapping.notional');
    const partition = market('key: symbol', 'key: symbol\n    partition: { bronze: [symbol] }');
    expect(generate(partition, FIRST).refused.map(formatRefusal)).toEqual([
      'domains/market.yaml streams.trade.partition.bronze: the partitioning changed from (_ingested_at_hour = hour) to (symbol): a table keeps the partitioning of its creation; changing it is not supported in this version; restore the terms, or start a new stream',
    ]);
  });

  it.each<[string, readonly TextFile[], string]>([
    [
      'a schema that was edited',
      tampered(AVRO_1, (text) => text.replace('"double"', '"float"')),
      `${AVRO_1}: expected the schema with id `,
    ],
    [
      'a schema that is gone',
      tampered(AVRO_1, () => null),
      `${AVRO_1}: expected the file, got nothing; restore the file from version control`,
    ],
    [
      'a table shape that was edited',
      tampered(SHAPE, (text) => text.replace('zstd', 'gzip')),
      `${SHAPE}: expected the content that was committed (hash `,
    ],
    [
      'a table shape that is gone',
      tampered(SHAPE, () => null),
      `${SHAPE}: expected the file, got nothing; restore the file from version control`,
    ],
    [
      'a registry that is gone',
      tampered(REGISTRY, () => null),
      `${AVRO_1}: expected an entry for market.trade in ${REGISTRY}, got none; restore the registry from version control`,
    ],
    [
      'a registry that is no JSON',
      tampered(REGISTRY, () => '<<<<<<< HEAD'),
      `${REGISTRY}: expected JSON; restore the file from version control`,
    ],
    [
      'a registry of another shape',
      tampered(REGISTRY, (text) => text.replace('"format": 1', '"format": 2')),
      `${REGISTRY}: format: invalid input: expected 1; restore the file from version control`,
    ],
    [
      'versions with a gap',
      tampered(REGISTRY, (text) => text.replace('"version": 1', '"version": 2')),
      `${REGISTRY}: schema versions of market.trade: expected version 1, got 2; restore the file from version control`,
    ],
    [
      'migrations that do not fit the table',
      [
        ...FIRST,
        {
          path: MIGRATIONS,
          text: '[{"schemaVersion":1,"mappingVersion":1,"changes":[{"kind":"make-optional","path":["nope"]}]}]',
        },
      ],
      `${MIGRATIONS}: `,
    ],
    [
      'migrations with a type that Iceberg does not know',
      [
        ...FIRST,
        {
          path: MIGRATIONS,
          text: '[{"schemaVersion":1,"mappingVersion":1,"changes":[{"kind":"add-column","path":["x"],"type":"uuid"}]}]',
        },
      ],
      `${MIGRATIONS}: `,
    ],
  ])('refuses to go on from %s', (_what, files, message) => {
    const { writes, refused } = generate({}, files);
    expect(writes).toEqual([]);
    expect(refused.map(formatRefusal)[0]?.slice(0, message.length)).toBe(message);
  });

  it('survives an evolution of many steps, each of which starts from files alone', () => {
    const steps = [
      'note: { type: string, optional: true }',
      'note: { type: string, optional: true }\n      level: { type: int, default: 1 }',
      'remark: { type: string, optional: true, aliases: [note] }\n      level: { type: long, default: 1 }',
      'remark: { type: string, optional: true, aliases: [note] }\n      level: { type: long, optional: true }',
      'remark: { type: string, optional: true, aliases: [note] }',
      'remark: { type: string, optional: true, aliases: [note] }\n      tags: { type: list, element: string, optional: true }',
    ];
    const files = steps.reduce<readonly TextFile[]>((before, step) => {
      const generated = generate(market('size: double', `size: double\n      ${step}`), before);
      expect(generated.refused).toEqual([]);
      return written(before, generated);
    }, FIRST);
    const reading = readRegistry(files);
    const [stream] = reading.ok ? reading.registry.streams : [];
    expect(stream?.schemaVersions).toHaveLength(7);
    expect(stream?.migrations.flatMap(({ changes }) => changes.map(({ kind }) => kind))).toEqual([
      'add-column',
      'add-column',
      'rename-column',
      'widen-column',
      'add-column',
    ]);
  });
});
