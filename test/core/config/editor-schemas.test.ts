import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parseDocument, parse as parseYaml } from 'yaml';
import { editorSchemas } from '#core/config/editor-schemas.ts';
import type { JsonSchema } from '#core/config/source/model-keys.ts';
import { LOCAL, MARKET, PLATFORM, parse, TICK } from './project-fixture.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const SCHEMAS = new Map(
  editorSchemas().map(({ path: file, text }) => [
    path.basename(file, '.schema.json'),
    JSON.parse(text) as JsonSchema,
  ]),
);

/** YAML files of the project and the kind of schema each follows. */
const SHIPPED = [
  ['config/platform.yaml', 'platform'],
  ...yamlFiles('config/environments').map((file) => [file, 'environment'] as const),
  ...yamlFiles('config/categories').map((file) => [file, 'category'] as const),
  ...yamlFiles('domains').map((file) => [file, 'domain'] as const),
] as const;

function yamlFiles(folder: string): readonly string[] {
  return readdirSync(path.join(ROOT, folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => `${folder}/${file}`);
}

const VALIDATORS = new Map(
  [...SCHEMAS].map(([kind, schema]) => {
    const ajv = new Ajv({ allErrors: true, formats: { uri: true, email: true } });
    return [kind, ajv.compile(schema)] as const;
  }),
);

/** What a validator that is not ours finds wrong. */
function problemsOf(kind: string, value: unknown): readonly string[] {
  const validate = VALIDATORS.get(kind);
  if (validate === undefined) throw new Error(`no schema ${kind}`);
  validate(value);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** Calls `visit` with every property of a schema and its path, following each reference once. */
function visitProperties(
  root: JsonSchema,
  visit: (at: string, property: JsonSchema) => void,
): void {
  const followed = new Set<string>();
  const walk = (schema: JsonSchema, at: string): void => {
    if (schema.$ref !== undefined && !followed.has(schema.$ref)) {
      followed.add(schema.$ref);
      walk(targetOf(root, schema), at);
    }
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      visit(`${at}.${key}`, property);
      walk(property, `${at}.${key}`);
    }
    if (typeof schema.additionalProperties === 'object')
      walk(schema.additionalProperties, `${at}.*`);
    if (schema.items !== undefined) walk(schema.items, `${at}[]`);
    for (const part of [schema.anyOf, schema.oneOf, schema.allOf].flat()) {
      if (part !== undefined) walk(part, at);
    }
  };
  walk(root, '');
}

function targetOf(root: JsonSchema, { $ref = '' }: JsonSchema): JsonSchema {
  return root.definitions?.[$ref.replace('#/definitions/', '')] ?? root;
}

describe('the schemas for editors', () => {
  it.each([...SCHEMAS])('describe every key of %s', (_kind, schema) => {
    const silent: string[] = [];
    visitProperties(schema, (at, property) => {
      const text = property.description ?? targetOf(schema, property).description;
      if (text === undefined) silent.push(at);
    });
    expect(silent).toEqual([]);
  });

  it.each(SHIPPED)('accept %s, says a validator that is not ours', (file, kind) => {
    const value: unknown = parseYaml(readFileSync(path.join(ROOT, file), 'utf8'));
    expect(problemsOf(kind, value)).toEqual([]);
  });

  it.each(SHIPPED)('are named in the first line of %s', (file, kind) => {
    const [first] = readFileSync(path.join(ROOT, file), 'utf8').split('\n');
    const depth = '../'.repeat(file.split('/').length - 1);
    expect(first).toBe(`# yaml-language-server: $schema=${depth}schemas/${kind}.schema.json`);
  });

  it.each([
    ['platform', PLATFORM.replace('shards: 1', 'shards: none'), '/stream/shards'],
    ['environment', `${LOCAL}secret: 1\n`, 'must NOT have additional properties'],
    ['category', TICK.replace('price: double', 'price: 3'), '/fields/price'],
    [
      'domain',
      MARKET.replace('on_fail: reject', 'on_fail: drop'),
      '/streams/trade/quality/0/on_fail',
    ],
  ])('refuse a mistake in a %s file', (kind, text, place) => {
    expect(problemsOf(kind, parseYaml(text)).join('\n')).toContain(place);
  });
});

/** A domain with every section that has defaults, and no more than each needs. */
const BARE = `domain: market
owner: data@example.com
streams:
  trade:
    category: market.tick
    key: symbol
    fields:
      event_id: string
      source_system: string
      symbol: string
      timestamp: timestamp_micros
      price: double
      size: double
connectors:
  api: { kind: http-ingest, streams: [trade] }
  poll:
    kind: http-poll
    stream: trade
    every: 5m
    url: https://api.example.com/trades
    select:
      { event_id: id, source_system: "'x'", symbol: s, timestamp: t, price: p, size: q }
files:
  upload: { format: jsonl, stream: trade }
`;

function domainsOf(text: string) {
  const reading = parse({ 'domains/market.yaml': text });
  if (!reading.ok) throw new Error(reading.issues.map(({ message }) => message).join('\n'));
  return reading;
}

/** The bare domain with a value written out. */
function writtenOut(path: readonly (string | number)[], value: unknown): string {
  const document = parseDocument(BARE);
  document.setIn(path, document.createNode(value));
  return document.toString();
}

describe('defaults in the schemas', () => {
  const { origins, project } = domainsOf(BARE);
  const defaults = Object.values(origins).filter(
    ({ path, value, origin }) =>
      origin.kind === 'default' && value !== null && path[0] === 'domains',
  );

  it('are shown for streams, connectors and files that say nothing', () => {
    expect(defaults.map(({ path }) => path.slice(2).join('.'))).toEqual(
      expect.arrayContaining([
        'streams.trade.identity',
        'streams.trade.dedupe.horizon',
        'streams.trade.rate.peak',
        'streams.trade.sinks',
        'connectors.api.throttle.rate',
        'connectors.poll.retry.base',
        'files.upload.max_line',
      ]),
    );
  });

  it.each(defaults.map((each) => [each.path.slice(2).join('.'), each] as const))(
    'are what the code takes: %s',
    (_name, { path, value }) => {
      expect(domainsOf(writtenOut(path.slice(2), value)).project.domains).toEqual(project.domains);
    },
  );

  it('are what the code takes at a field', () => {
    const written = '{ type: string, optional: false, allow_nan: false }';
    const text = BARE.replace('symbol: string', `symbol: ${written}`);
    expect(domainsOf(text).project.domains).toEqual(project.domains);
  });
});
