import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { changedValues } from '#embedded/assembly/changed-values.ts';
import { createDeployment } from '#lib/load-deployment.ts';
import type { Deployment } from '#lib/sluice-app.ts';
import { loadProject } from '#runtime/load-project.ts';
import {
  FIXED_BUNDLER,
  LOCAL_ENVIRONMENT,
  marketDeployment,
  PROD_ENVIRONMENT,
  REPOSITORY_ROOT,
} from './deployment-fixture.ts';
import { withAssembly } from './market-templates.ts';

/** Property paths in which environments may differ, and why. */
const ALLOWED: Readonly<Record<string, readonly RegExp[]>> = {
  size: [
    /\.ShardCount$/,
    /\.MemorySize$/,
    /\.BatchSize$/,
    /\.BytesScannedCutoffPerQuery$/,
    /\.MaximumRetryAttempts$/,
  ],
  duration: [
    /\.ScheduleExpression$/,
    /\.Timeout$/,
    /\.MaximumBatchingWindowInSeconds$/,
    /\.MaximumRecordAgeInSeconds$/,
    /Alarms\w+\.Properties\.(Period|Threshold|AlarmDescription)$/,
  ],
  retention: [
    /\.AccessLogs\w+\.Properties\.LifecycleConfiguration\.Rules\.0\.ExpirationInDays$/,
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

/** Hash of the code asset, whose config.json names the environment. */
const CODE_HASH = /\.Code\.S3Key$/;

/** Every template with the environment's name taken out. */
function templates(deployment: Deployment): unknown {
  const { name } = deployment.project.environment;
  const texts = withAssembly(deployment, (directory) =>
    readdirSync(directory)
      .filter((file) => file.endsWith('.template.json'))
      .map((file) => `"${file}":${readFileSync(path.join(directory, file), 'utf8')}`),
  );
  const pattern = new RegExp(`\\b${name}(?=[-_ ":/\\\\])`, 'g');
  return JSON.parse(`{${texts.join(',').replaceAll(pattern, 'ENV')}}`);
}

function differences(one: Deployment, other: Deployment): readonly string[] {
  return changedValues(templates(one), templates(other)).map((change) => change.path.join('.'));
}

function isAllowed(difference: string): boolean {
  return Object.values(ALLOWED).some((patterns) => patterns.some((it) => it.test(difference)));
}

function projectDeployment(environment: string): Deployment {
  return createDeployment(loadProject({ root: REPOSITORY_ROOT, environment }), FIXED_BUNDLER);
}

describe('templates of two environments that differ in every setting', () => {
  const found = differences(
    marketDeployment(LOCAL_ENVIRONMENT),
    marketDeployment(PROD_ENVIRONMENT),
  );

  it('differ only in names, sizes, durations, retention and removal policy', () => {
    expect(found.filter((difference) => !isAllowed(difference))).toEqual([]);
  });

  it.each(Object.entries(ALLOWED))('differ in %s', (_reason, patterns) => {
    const unused = patterns.filter((pattern) => !found.some((path) => pattern.test(path)));
    expect(unused).toEqual([]);
  });
});

describe('local and prod of this project', () => {
  it('differ only in names, sizes, durations, retention and removal policy', () => {
    const found = differences(projectDeployment('local'), projectDeployment('prod'));
    const other = found.filter((it) => !isAllowed(it) && !CODE_HASH.test(it));
    expect(other).toEqual([]);
    expect(found.length).toBeGreaterThan(other.length);
  });
});
