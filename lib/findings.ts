import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { App } from 'aws-cdk-lib';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { SluiceError } from '#core/errors.ts';

interface ValidationReport {
  readonly pluginReports?: readonly {
    readonly violations: readonly {
      readonly ruleName: string;
      readonly description: string;
      readonly violatingConstructs: readonly { readonly constructPath?: string }[];
    }[];
  }[];
}

/** Report that the CDK leaves in the assembly, of passed and failed validations alike. */
const REPORT_FILE = 'validation-report.json';

/** Synthesizes an app; a finding of any rule, even one the CDK would only warn of, throws CONFIG_INVALID with all of them. */
export function synthesizeWithoutFindings(app: App): CloudAssembly {
  let assembly: CloudAssembly;
  try {
    assembly = app.synth();
  } catch (error) {
    throwFindings(app.outdir, error);
    throw error;
  }
  throwFindings(app.outdir, undefined);
  return assembly;
}

function throwFindings(outdir: string, cause: unknown): void {
  const findings = readFindings(path.join(outdir, REPORT_FILE));
  if (findings.length === 0) return;
  const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  throw new SluiceError(
    'CONFIG_INVALID',
    `${count} of the infrastructure rules; change the resource, or acknowledge the finding beside it with a true reason\n` +
      findings.map((finding) => `  ${finding}`).join('\n'),
    { cause },
  );
}

function readFindings(reportPath: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(reportPath, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const report = JSON.parse(text) as ValidationReport;
  return (report.pluginReports ?? []).flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, description, violatingConstructs }) =>
      violatingConstructs.map(
        ({ constructPath }) => `${constructPath ?? 'app'}: ${ruleName}: ${description}`,
      ),
    ),
  );
}
