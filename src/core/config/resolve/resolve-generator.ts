import type { GeneratorConnector } from '../connector.ts';
import type { GeneratorInput } from '../model/generator-model.ts';
import type { ConnectorContext } from './connector-context.ts';
import { checkStreamNames, resolveEnvironments } from './connector-names.ts';

const MINUTE_MS = 60_000;

/** Resolves a connector that makes synthetic events. */
export function resolveGenerator(
  name: string,
  input: GeneratorInput,
  context: ConnectorContext,
): GeneratorConnector {
  const { report } = context;
  const streams = input.streams ?? [];
  checkStreamNames(name, streams, report);
  const producers = (input.producers ?? []).map(({ every, records }, index) => {
    if (MINUTE_MS % every !== 0) {
      report.at(
        ['connectors', name, 'producers', index, 'every'],
        `expected a whole part of a minute such as 500ms, 1s or 15s, got ${every}ms`,
      );
    }
    return { everyMs: every, minRecords: records.min, maxRecords: records.max };
  });
  return {
    name,
    kind: 'generator',
    environments: resolveEnvironments(name, input.environments, context),
    streams,
    producers,
    seed: String(input.seed ?? name),
    faults: {
      brokenEvery: input.faults?.broken_every ?? null,
      duplicateEvery: input.faults?.duplicate_every ?? null,
      lateEvery: input.faults?.late_every ?? null,
    },
  };
}
