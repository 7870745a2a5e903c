import { describe, expect, it } from 'vitest';
import { changedValues } from '#embedded/assembly/changed-values.ts';
import { LOCAL_ENVIRONMENT, marketDeployment, PROD_ENVIRONMENT } from './deployment-fixture.ts';
import { synthesizeTemplates } from './market-templates.ts';

/** Property paths in which environments may differ, and why. */
const ALLOWED: Readonly<Record<string, readonly RegExp[]>> = {
  size: [
    /\.ShardCount$/,
    /\.MemorySize$/,
    /\.BatchSize$/,
    /\.BytesScannedCutoffPerQuery$/,
    /\.MaximumRetryAttempts$/,
  ],
  duration: [/\.Timeout$/, /\.MaximumBatchingWindowInSeconds$/, /\.MaximumRecordAgeInSeconds$/],
  retention: [
    /^AccessLogs\w+\.Properties\.LifecycleConfiguration\.Rules\.0\.ExpirationInDays$/,
    /\.RetentionPeriodHours$/,
    /\.RetentionInDays$/,
  ],
  removal: [
    /\.DeletionPolicy$/,
    /\.UpdateReplacePolicy$/,
    /\.DeletionProtectionEnabled$/,
    /\.RecursiveDeleteOption$/,
  ],
};

/** Resources of all stacks with the environment's name taken out. */
function resources(environment: typeof LOCAL_ENVIRONMENT): unknown {
  const templates = synthesizeTemplates(marketDeployment(environment));
  const all = Object.entries(templates).map(([stack, template]) => [stack, template.toJSON()]);
  const text = JSON.stringify(Object.fromEntries(all));
  return JSON.parse(text.replaceAll(new RegExp(`\\b${environment.name}(?=[-_ ":])`, 'g'), 'ENV'));
}

function differences(): readonly string[] {
  const changes = changedValues(resources(LOCAL_ENVIRONMENT), resources(PROD_ENVIRONMENT));
  return changes.map(({ path }) =>
    path
      .slice(1)
      .join('.')
      .replace(/^Resources\./, ''),
  );
}

describe('local and prod templates', () => {
  const found = differences();

  it('differ only in names, sizes, durations, retention and removal policy', () => {
    const allowed = Object.values(ALLOWED).flat();
    expect(found.filter((path) => !allowed.some((pattern) => pattern.test(path)))).toEqual([]);
  });

  it.each(Object.entries(ALLOWED))('differ in %s', (_reason, patterns) => {
    const unused = patterns.filter((pattern) => !found.some((path) => pattern.test(path)));
    expect(unused).toEqual([]);
  });
});
