import path from 'node:path';
import { environmentNames } from '#runtime/environments.ts';
import { createLambdaBundler } from '../lib/constructs/lambda-code.ts';
import { synthesize } from '../lib/synthesize.ts';

/** Synthesizes every environment into cdk.out/<environment>; the exit status is 1 when one cannot be or has a finding. */
const root = path.resolve(import.meta.dirname, '..');
const bundler = createLambdaBundler(root);
for (const environment of environmentNames(root)) {
  try {
    const outdir = path.join(root, 'cdk.out', environment);
    const { stacks, seconds } = synthesize({ root, environment, outdir, bundler });
    for (const { name, resources } of stacks) {
      console.log(`${name}: ${resources} ${resources === 1 ? 'resource' : 'resources'}`);
    }
    console.log(`${path.relative(root, outdir)}: no findings, ${seconds.toFixed(1)} s`);
  } catch (error) {
    console.error(`${environment}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
