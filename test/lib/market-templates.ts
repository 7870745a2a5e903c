import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import type { Deployment } from '#lib/sluice-app.ts';
import { synthesizeDeployment } from '#lib/synthesize.ts';
import { REPOSITORY_ROOT } from './deployment-fixture.ts';
import './skip-template-check.ts';

export interface MarketTemplates {
  readonly operations: Template;
  readonly storage: Template;
  readonly catalog: Template;
  readonly ingestion: Template;
  readonly processing: Template;
}

/** Calls `use` with the folder of a synthesized assembly and removes the folder. */
export function withAssembly<T>(deployment: Deployment, use: (directory: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-synth-'));
  try {
    const outdir = path.join(folder, 'assembly');
    synthesizeDeployment(deployment, { root: REPOSITORY_ROOT, outdir });
    return use(outdir);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Templates of the market domain, synthesized with every check on. */
export function synthesizeTemplates(deployment: Deployment): MarketTemplates {
  const prefix = `sluice-${deployment.project.environment.name}`;
  return withAssembly(deployment, (directory) => {
    const read = (stack: string) =>
      Template.fromJSON(
        JSON.parse(readFileSync(path.join(directory, `${prefix}-${stack}.template.json`), 'utf8')),
      );
    return {
      operations: read('operations'),
      storage: read('storage'),
      catalog: read('market-catalog'),
      ingestion: read('market-ingestion'),
      processing: read('market-processing'),
    };
  });
}
