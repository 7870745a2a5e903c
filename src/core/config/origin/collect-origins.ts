import type { DomainInput } from '../model/domain-model.ts';
import { domainModel } from '../model/domain-model.ts';
import {
  type EnvironmentInput,
  type PlatformInput,
  platformModel,
} from '../model/settings-model.ts';
import { DEFAULT_IDENTITY_FIELD } from '../model/stream-defaults-model.ts';
import type { ConfigFile } from '../source/config-file.ts';
import type { ConfigPath } from '../source/config-issue.ts';
import { type JsonSchema, jsonSchemaOf } from '../source/model-keys.ts';
import { valueAt } from '../source/reporter.ts';
import { defaultLayer, layeredValues, type ValueLayer } from './layered-values.ts';
import { type ConfigOrigins, originsByPath, type ResolvedValue } from './origin.ts';

/** The valid files of one environment. */
export interface OriginSources {
  readonly platform: ConfigFile<PlatformInput>;
  readonly environment: ConfigFile<EnvironmentInput>;
  readonly domains: readonly ConfigFile<DomainInput>[];
  /** By the name of the category. */
  readonly categories: readonly ConfigFile<unknown>[];
}

/** Every resolved value of an environment with its origin, domains sorted by name. */
export function collectOrigins(sources: OriginSources): ConfigOrigins {
  const platform = jsonSchemaOf(platformModel);
  const domain = jsonSchemaOf(domainModel);
  const settings = [sources.platform, sources.environment].map((file) =>
    withoutKeys(fileLayer(file, []), ['defaults']),
  );
  const domains = sources.domains.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return originsByPath([
    ...layeredValues([], settings, { root: platform, schema: omit(platform, ['defaults']) }),
    ...domains.flatMap((file) => domainValues(file, sources, { platform, domain })),
  ]);
}

interface Schemas {
  readonly platform: JsonSchema;
  readonly domain: JsonSchema;
}

/** Keys of a domain that are treated apart. */
const DOMAIN_APART = ['defaults', 'streams'];

function domainValues(
  file: ConfigFile<DomainInput>,
  sources: OriginSources,
  schemas: Schemas,
): readonly ResolvedValue[] {
  const path = ['domains', file.name];
  const root = schemas.domain;
  const layers = [
    ...[sources.platform, sources.environment].map((weaker) => sharedLayer(weaker, schemas)),
    withoutKeys(fileLayer(file, []), DOMAIN_APART),
  ];
  const streamSchema = root.properties?.['streams']?.additionalProperties;
  const streams = Object.keys(file.value.streams ?? {}).flatMap((name) =>
    layeredValues([...path, 'streams', name], streamLayers(name, file, sources), {
      root,
      schema: typeof streamSchema === 'object' ? streamSchema : {},
    }),
  );
  return [...layeredValues(path, layers, { root, schema: omit(root, DOMAIN_APART) }), ...streams];
}

/** What a file gives every domain: the sections that both may have, and what stands in its `defaults`. */
function sharedLayer(file: ConfigFile<unknown>, { platform, domain }: Schemas): ValueLayer {
  const names = Object.keys(domain.properties ?? {}).filter((key) => !DOMAIN_APART.includes(key));
  const inSettings = (key: string) => Object.hasOwn(platform.properties ?? {}, key);
  return viewOf(
    file,
    names.map((key) => [key, inSettings(key) ? [key] : ['defaults', key]]),
  );
}

function streamLayers(
  name: string,
  file: ConfigFile<DomainInput>,
  sources: OriginSources,
): readonly ValueLayer[] {
  const wanted = file.value.streams?.[name]?.category;
  const category = sources.categories.find((candidate) => candidate.name === wanted);
  return [
    defaultLayer({ identity: [DEFAULT_IDENTITY_FIELD], event_time: null }),
    ...(category === undefined ? [] : [categoryLayer(category)]),
    ...[sources.platform, sources.environment, file].map((weaker) =>
      withoutKeys(fileLayer(weaker, ['defaults']), ['buffer', 'topics']),
    ),
    fileLayer(file, ['streams', name]),
  ];
}

function categoryLayer(file: ConfigFile<unknown>): ValueLayer {
  const view = viewOf(file, [['event_time', ['event_time']]]);
  return {
    value: view.value,
    originOf: (path) => {
      const origin = view.originOf(path);
      return origin.kind === 'default' ? origin : { ...origin, kind: 'category' };
    },
  };
}

/** The part of a file at a path. */
function fileLayer(file: ConfigFile<unknown>, at: ConfigPath): ValueLayer {
  return {
    value: valueAt(file.source.value, at),
    originOf: (path) => {
      const { line, column } = file.source.placeOf([...at, ...path]);
      return { kind: 'file', file: file.path, line, column };
    },
  };
}

/** Values of a file under other names. */
function viewOf(
  file: ConfigFile<unknown>,
  names: readonly (readonly [key: string, at: ConfigPath])[],
): ValueLayer {
  const parts = new Map(names.map(([key, at]) => [key, fileLayer(file, at)]));
  const entries = [...parts].flatMap(([key, { value }]) =>
    value === undefined ? [] : [[key, value]],
  );
  return {
    value: entries.length === 0 ? undefined : Object.fromEntries(entries),
    originOf: ([key, ...rest]) => parts.get(String(key))?.originOf(rest) ?? { kind: 'default' },
  };
}

function withoutKeys(layer: ValueLayer, keys: readonly string[]): ValueLayer {
  const { value } = layer;
  if (typeof value !== 'object' || value === null) return layer;
  const kept = Object.entries(value).filter(([key]) => !keys.includes(key));
  return { ...layer, value: Object.fromEntries(kept) };
}

function omit(schema: JsonSchema, keys: readonly string[]): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).filter(([key]) => !keys.includes(key));
  return { ...schema, properties: Object.fromEntries(properties) };
}
