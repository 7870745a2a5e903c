import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY_ROOT } from './deployment-fixture.ts';

function readJson(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(REPOSITORY_ROOT, file), 'utf8'));
}

const settings = readJson('cdk.json');
const recommended = readJson('node_modules/aws-cdk-lib/recommended-feature-flags.json');

/** Flags that differ from the recommendation on purpose. */
const DECIDED = {
  // An export that is in use cannot be removed: CloudFormation itself keeps a stack from losing its bucket or stream.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
  // Usage statistics of constructs, which would only make the assembly larger: version reporting is off.
  '@aws-cdk/core:enableAdditionalMetadataCollection': false,
};

describe('cdk.json', () => {
  it('sets every feature flag as recommended, but for the decided ones', () => {
    expect(settings['context']).toEqual({ ...recommended, ...DECIDED });
  });

  it('switches off what the CDK command would add to the templates of a plain process', () => {
    expect(settings).toMatchObject({
      pathMetadata: false,
      assetMetadata: false,
      versionReporting: false,
    });
  });
});
