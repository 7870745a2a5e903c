import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '#core/errors.ts';
import { createCdkApp } from './cdk-app.ts';
import { createLambdaBundler, type LambdaBundler } from './constructs/lambda-code.ts';
import { synthesizeWithoutFindings } from './findings.ts';
import { loadDeployment } from './load-deployment.ts';
import { addStacks, type Deployment } from './sluice-app.ts';

/** A cloud assembly on disk. */
export interface Synthesis {
  readonly outdir: string;
  readonly stacks: readonly { readonly name: string; readonly resources: number }[];
  readonly seconds: number;
}

/** The assembly of an environment of the project at `root`; see synthesizeDeployment. Throws CONFIG_INVALID. */
export function synthesize(options: {
  readonly root: string;
  readonly environment: string;
  readonly outdir: string;
  /** Shared between environments, it bundles each function once. */
  readonly bundler?: LambdaBundler;
}): Synthesis {
  const { root, environment, outdir, bundler = createLambdaBundler(root) } = options;
  const startedMs = performance.now();
  const deployment = loadDeployment({ root, environment, bundler });
  const synthesis = synthesizeDeployment(deployment, { root, outdir });
  return { ...synthesis, seconds: (performance.now() - startedMs) / 1000 };
}

/**
 * Writes the cloud assembly of one environment to `outdir`, without account or network, and replaces what is there.
 * Throws CONFIG_INVALID when an infrastructure rule has a finding; `outdir` then keeps its old content.
 */
export function synthesizeDeployment(
  deployment: Deployment,
  options: { readonly root: string; readonly outdir: string },
): Synthesis {
  const startedMs = performance.now();
  const outdir = path.resolve(options.outdir);
  refuseForeignFolder(outdir);
  // Always an empty folder: the CDK keeps an asset that is there, even one a killed synthesis left half written.
  const nextDir = `${outdir}.next-${process.pid}`;
  rmSync(nextDir, { recursive: true, force: true });
  mkdirSync(nextDir, { recursive: true });
  try {
    const app = createCdkApp(options.root, nextDir);
    addStacks(app, deployment);
    const stacks = synthesizeWithoutFindings(app).stacks.map(({ stackName, template }) => ({
      name: stackName,
      resources: Object.keys(template.Resources ?? {}).length,
    }));
    replaceFolder(outdir, nextDir);
    return { outdir, stacks, seconds: (performance.now() - startedMs) / 1000 };
  } finally {
    rmSync(nextDir, { recursive: true, force: true });
  }
}

/** File that every cloud assembly has. */
const ASSEMBLY_MARKER = 'manifest.json';

function refuseForeignFolder(outdir: string): void {
  if (!existsSync(outdir) || existsSync(path.join(outdir, ASSEMBLY_MARKER))) return;
  if (readdirSync(outdir).length === 0) return;
  throw new SluiceError(
    'USAGE',
    `output folder ${outdir}: expected a cloud assembly or nothing, found other files; name another folder`,
  );
}

function replaceFolder(target: string, next: string): void {
  const previous = `${target}.previous-${process.pid}`;
  rmSync(previous, { recursive: true, force: true });
  if (existsSync(target)) renameSync(target, previous);
  renameSync(next, target);
  rmSync(previous, { recursive: true, force: true });
}
