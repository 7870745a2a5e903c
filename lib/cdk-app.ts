import { readFileSync } from 'node:fs';
import path from 'node:path';
import { App } from 'aws-cdk-lib';

/**
 * App with the context of cdk.json. The CDK command passes it by itself; a plain `node bin/app.ts` does not, so
 * reading it here makes both write the same templates. Context given to the command still wins.
 */
export function createCdkApp(root: string, outdir?: string): App {
  const settings = JSON.parse(readFileSync(path.join(root, 'cdk.json'), 'utf8')) as {
    readonly context: Readonly<Record<string, unknown>>;
  };
  return new App({
    context: { ...settings.context },
    treeMetadata: false,
    // Synthesis is called by name, so that its findings can be reported.
    autoSynth: false,
    ...(outdir === undefined ? {} : { outdir }),
  });
}
