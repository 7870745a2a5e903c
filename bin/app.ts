import path from 'node:path';
import { createCdkApp } from '../lib/cdk-app.ts';
import { createLambdaBundler } from '../lib/constructs/lambda-code.ts';
import { synthesizeWithoutFindings } from '../lib/findings.ts';
import { loadDeployment } from '../lib/load-deployment.ts';
import { addStacks } from '../lib/sluice-app.ts';

// The CDK command gives context (`-c environment=prod`); a plain process is told by its environment.
const root = path.resolve(import.meta.dirname, '..');
try {
  const app = createCdkApp(root);
  const environment: unknown =
    app.node.tryGetContext('environment') ?? process.env['SLUICE_ENVIRONMENT'] ?? 'local';
  const bundler = createLambdaBundler(root);
  addStacks(app, loadDeployment({ root, environment: String(environment), bundler }));
  synthesizeWithoutFindings(app);
} catch (error) {
  // The message only: a stack trace would show a line of the CDK's minified source, 30 KB long.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
