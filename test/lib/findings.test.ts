import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Annotations, type App, Stack, Validations } from 'aws-cdk-lib';
import { CfnDatabase } from 'aws-cdk-lib/aws-glue';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCdkApp } from '#lib/cdk-app.ts';
import { synthesizeWithoutFindings } from '#lib/findings.ts';
import { REPOSITORY_ROOT } from './deployment-fixture.ts';
import './skip-template-check.ts';

let outdir: string;

beforeEach(() => {
  outdir = mkdtempSync(path.join(tmpdir(), 'sluice-findings-'));
  // The CDK prints findings by itself.
  vi.spyOn(console, 'error').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(outdir, { recursive: true, force: true });
});

/** A stack without findings. */
function addDatabase(app: App, name: string): Stack {
  const stack = new Stack(app, name);
  new CfnDatabase(stack, 'Database', {
    catalogId: '123456789012',
    databaseInput: { name: 'orders' },
  });
  return stack;
}

describe('synthesizeWithoutFindings', () => {
  it('throws CONFIG_INVALID with place and rule of every finding', () => {
    const app = createCdkApp(REPOSITORY_ROOT, outdir);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    new CfnBucket(new Stack(app, 'careless'), 'Open');
    expect(() => synthesizeWithoutFindings(app)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(
          /findings[\s\S]*careless\/Open: AwsSolutions-S1:[\s\S]*careless\/Open: AwsSolutions-S10:/,
        ),
      }),
    );
  });

  it('throws on a finding that the CDK only warns of', () => {
    const app = createCdkApp(REPOSITORY_ROOT, outdir);
    const stack = addDatabase(app, 'hasty');
    Annotations.of(stack).addWarningV2('sluice:hasty', 'look twice');
    expect(() => synthesizeWithoutFindings(app)).toThrow(
      /^1 finding of [\s\S]*hasty: Annotation::sluice:hasty: look twice/,
    );
  });

  it('returns the assembly when there is nothing to find', () => {
    const app = createCdkApp(REPOSITORY_ROOT, outdir);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    addDatabase(app, 'careful');
    expect(synthesizeWithoutFindings(app).stacks.map(({ stackName }) => stackName)).toEqual([
      'careful',
    ]);
  });
});
