import { DEFAULT_COMPATIBILITY } from '#core/schema/evolution/compatibility-mode.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import { BRONZE_SINK } from '#core/sink/sink-kinds.ts';
import { tableNameProblem } from '../athena-name.ts';
import { type Category, satisfiesType, typeText } from '../category.ts';
import type { ConfigChecks } from '../check-expression.ts';
import type { StreamInput } from '../model/domain-model.ts';
import type { PlatformInput } from '../model/settings-model.ts';
import {
  DEFAULT_BRONZE_RETENTION_DAYS,
  DEFAULT_DEDUPE_HORIZON_MS,
  DEFAULT_PEAK_FACTOR,
} from '../model/stream-defaults-model.ts';
import type { Stream } from '../project.ts';
import { type ConfigPath, cutTextHint, quote } from '../source/config-issue.ts';
import { unknownName } from '../source/nearest-name.ts';
import type { Reporter } from '../source/reporter.ts';
import { mergeLayers } from './merge-layers.ts';
import { eventTimeProblem } from './resolve-category.ts';
import { resolveFields } from './resolve-field.ts';
import { checkKey, resolveIdentity } from './resolve-identity.ts';
import { resolveMapping } from './resolve-mapping.ts';
import { resolvePartition } from './resolve-partition.ts';
import { resolveQuality } from './resolve-quality.ts';
import { requireField, type StreamScope } from './stream-scope.ts';

export interface StreamContext {
  readonly domain: string;
  readonly categories: ReadonlyMap<string, Category>;
  /** Names of all category files, valid or not. */
  readonly categoryNames: readonly string[];
  /** Platform and environment, already merged. */
  readonly defaults: PlatformInput['defaults'];
  readonly checks: ConfigChecks;
  readonly report: Reporter;
}

/** Resolves one stream. Every problem is reported; the result is only used when there is none. */
export function resolveStream(name: string, input: StreamInput, context: StreamContext): Stream {
  const { report, defaults } = context;
  const path: ConfigPath = ['streams', name];
  const problem = streamNameProblem(name);
  if (problem !== null) report.atKey(path, problem);
  const fields = resolveFields(input.fields ?? {}, [...path, 'fields'], report);
  const scope: StreamScope = {
    path,
    fields: new Map(fields.map((field) => [field.name, field])),
    declared: report.keysAt([...path, 'fields']),
    report,
    checks: context.checks,
  };
  const category =
    input.category === undefined ? null : resolveCategoryName(input.category, scope, context);
  if (category !== null) checkCategory(category, scope);
  if (input.key !== undefined) checkKey(input.key, scope);
  const mapping = resolveMapping(input.mapping ?? {}, scope);
  const watermark = mergeLayers(defaults.watermark, input.watermark);
  const rate = mergeLayers(defaults.rate, input.rate);
  const quality = resolveQuality(input.quality ?? [], scope);
  const extensions = context.checks.extensionsOf?.([
    ...quality.map(({ rule }) => rule),
    ...mapping.map(({ expression }) => expression),
  ]);
  return {
    domain: context.domain,
    name,
    category: input.category ?? '',
    description: input.description ?? '',
    key: input.key ?? '',
    eventTime: resolveEventTime(input.event_time, category, scope),
    fields,
    identity: resolveIdentity(input.identity, scope),
    watermark: {
      delayMs: watermark.delay,
      idleMs: watermark.idle,
      maxFutureSkewMs: watermark.max_future_skew,
    },
    quality,
    mapping,
    ...(extensions ? { extensions } : {}),
    partition: {
      bronze: resolvePartition(
        input.partition?.bronze ?? defaults.partition.bronze,
        mapping,
        scope,
      ),
    },
    rate: {
      expectedPerSecond: rate.expected,
      peakPerSecond: rate.expected * (rate.peak ?? DEFAULT_PEAK_FACTOR),
      bytes: rate.bytes,
    },
    dedupe: {
      horizonMs: input.dedupe?.horizon ?? defaults.dedupe?.horizon ?? DEFAULT_DEDUPE_HORIZON_MS,
    },
    compatibility: input.compatibility ?? defaults.compatibility ?? DEFAULT_COMPATIBILITY,
    retention: {
      bronzeDays:
        input.retention?.bronze ?? defaults.retention?.bronze ?? DEFAULT_BRONZE_RETENTION_DAYS,
    },
    sinks: input.sinks ?? [BRONZE_SINK],
    generate: resolveGenerate(input.generate ?? {}, scope),
  };
}

function streamNameProblem(name: string): string | null {
  if (name !== REJECTED_TABLE) return tableNameProblem(name);
  return `expected another name, got ${quote(name)}: it is the table of the events that are not taken in; try "${name}_value" or another noun`;
}

function resolveCategoryName(
  name: string,
  scope: StreamScope,
  context: StreamContext,
): Category | null {
  if (!context.categoryNames.includes(name)) {
    scope.report.at([...scope.path, 'category'], unknownName(name, context.categoryNames));
  }
  return context.categories.get(name) ?? null;
}

function checkCategory(category: Category, scope: StreamScope): void {
  const path = [...scope.path, 'fields'];
  for (const required of category.fields) {
    const needs = `field "${required.name}" of type ${typeText(required.type)} (category ${category.name})`;
    const field = scope.fields.get(required.name);
    if (field === undefined) {
      if (!scope.declared.includes(required.name)) {
        scope.report.atKey(path, `expected ${needs}, got nothing`);
      }
    } else if (!satisfiesType(field.type, required.type)) {
      scope.report.at([...path, field.name], `expected ${needs}, got type ${typeText(field.type)}`);
    } else if (field.optional) {
      scope.report.at(
        [...path, field.name, 'optional'],
        `expected ${needs} in every event, got an optional field; remove "optional"`,
      );
    }
  }
}

function resolveEventTime(
  name: string | undefined,
  category: Category | null,
  scope: StreamScope,
): string | null {
  if (name === undefined) return category?.eventTime ?? null;
  const path = [...scope.path, 'event_time'];
  const field = requireField(name, path, scope);
  if (field === null) return name;
  const problem = field.optional
    ? `expected a field that every event has, got the optional field ${quote(name)}`
    : eventTimeProblem(name, field.type);
  if (problem !== null) scope.report.at(path, problem);
  return name;
}

/** `walk(100, 0.02)`: a name and its arguments. */
const GENERATOR_PATTERN = /^[a-z][a-z0-9_]*\(.*\)$/;

function resolveGenerate(
  calls: Readonly<Record<string, string>>,
  scope: StreamScope,
): Readonly<Record<string, string>> {
  for (const [name, call] of Object.entries(calls)) {
    const path = [...scope.path, 'generate', name];
    const field = scope.fields.get(name);
    if (field === undefined && !scope.declared.includes(name)) {
      scope.report.atKey(path, unknownName(name, scope.declared));
    }
    if (!GENERATOR_PATTERN.test(call)) {
      scope.report.at(
        path,
        `expected a call such as walk(100, 0.02), got ${quote(call)}${cutTextHint(call)}`,
      );
    } else if (field !== undefined) {
      const problem = scope.checks.checkGenerator?.(call, field) ?? null;
      if (problem !== null) scope.report.at(path, problem);
    }
  }
  return calls;
}
