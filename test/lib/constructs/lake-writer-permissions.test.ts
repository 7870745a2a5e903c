import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { LAKE_WRITER_ENTRY } from '#lib/sluice-app.ts';
import { marketDeployment, PROD_ENVIRONMENT, REPOSITORY_ROOT } from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

/** What a call of a port needs in AWS; the adapters in src/adapters/aws make these requests. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'store.get': ['s3:GetObject'],
  'store.head': ['s3:GetObject'],
  'store.put': ['s3:PutObject'],
  'store.list': ['s3:ListBucket'],
  'store.delete': ['s3:DeleteObject'],
  'catalog.load': ['glue:GetTable'],
  'catalog.swap': ['glue:GetTable', 'glue:UpdateTable'],
  'catalog.list': ['glue:GetTables'],
};

/** Our own source files that end up in the bundle. */
function bundledSources(): readonly string[] {
  const { metafile } = buildSync({
    absWorkingDir: REPOSITORY_ROOT,
    entryPoints: [LAKE_WRITER_ENTRY],
    outfile: 'index.mjs',
    write: false,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    metafile: true,
  });
  return Object.keys(metafile.inputs).filter((file) => !file.includes('node_modules'));
}

function calledActions(): readonly string[] {
  const calls = bundledSources().flatMap((file) => {
    const source = readFileSync(path.join(REPOSITORY_ROOT, file), 'utf8');
    return [...source.matchAll(/\b(?:store|catalog)\.\w+(?=\()/g)].map(([call]) => call);
  });
  expect(calls.filter((call) => ACTIONS[call] === undefined)).toEqual([]);
  return [...new Set(calls.flatMap((call) => ACTIONS[call] ?? []))].sort();
}

interface Policy {
  readonly PolicyName: string;
  readonly PolicyDocument: {
    readonly Statement: readonly { readonly Action: string | string[] }[];
  };
}

function grantedActions(policyNames: readonly string[]): readonly string[] {
  const { processing } = synthesizeTemplates(marketDeployment(PROD_ENVIRONMENT));
  const Description = 'Execution role of the market lake writer';
  const roles = processing.findResources('AWS::IAM::Role', { Properties: { Description } });
  const role = Object.values(roles)[0];
  const policies = (role!['Properties'].Policies as Policy[]).filter(({ PolicyName }) =>
    policyNames.includes(PolicyName),
  );
  return policies
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement.flatMap(({ Action }) => Action))
    .sort();
}

describe('permissions of the lake writer', () => {
  it('are exactly what the code in its bundle calls', () => {
    expect(calledActions()).toEqual(grantedActions(['WriteLake', 'UseTables']));
  });
});
