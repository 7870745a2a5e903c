import type { Project } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';

/** Stack name to output name to value. */
export type StackOutputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Value of the one stack output of this name. Throws USAGE when the deployed template is older than the tool. */
function output(outputs: StackOutputs, name: string): string {
  const value = Object.values(outputs).find((stack) => Object.hasOwn(stack, name))?.[name];
  if (value === undefined) {
    throw new SluiceError(
      'USAGE',
      `the deployed stacks have no output "${name}"; deploy them again (locally: restart the local cloud)`,
    );
  }
  return value;
}

export function workGroupOf(outputs: StackOutputs): string {
  return output(outputs, 'WorkGroupName');
}

export function receiptsTableOf(outputs: StackOutputs): string {
  return output(outputs, 'ReceiptsTableName');
}

export function stagingTableOf(outputs: StackOutputs): string {
  return output(outputs, 'StagingTableName');
}

export function landingBucketOf(outputs: StackOutputs): string {
  return output(outputs, 'LandingBucketName');
}

export function connectorsTableOf(outputs: StackOutputs): string {
  return output(outputs, 'ConnectorsTableName');
}

/** Function that keeps a domain's books. Every domain has a stack of functions, with names as CDK gives them. */
export function ledgerFunctionOf(
  outputs: StackOutputs,
  project: Pick<Project, 'platform' | 'environment'>,
  domain: string,
): string {
  return functionOf(outputs, project, { domain, output: 'LedgerFunctionName' });
}

/** Function that commits what is staged of a domain. */
export function committerFunctionOf(
  outputs: StackOutputs,
  project: Pick<Project, 'platform' | 'environment'>,
  domain: string,
): string {
  return functionOf(outputs, project, { domain, output: 'CommitterFunctionName' });
}

function functionOf(
  outputs: StackOutputs,
  { platform, environment }: Pick<Project, 'platform' | 'environment'>,
  wanted: { readonly domain: string; readonly output: string },
): string {
  const stack = [platform.name, environment.name, wanted.domain, 'processing'].join('-');
  const name = stack.replaceAll('_', '-');
  return output({ [name]: outputs[name] ?? {} }, wanted.output);
}

/** Databases of every domain and of the platform, in the order of their stacks. */
export function databasesOf(outputs: StackOutputs): readonly string[] {
  return Object.values(outputs).flatMap((stack) =>
    Object.entries(stack).flatMap(([name, value]) =>
      name.endsWith('DatabaseName') ? [value] : [],
    ),
  );
}

/** Base addresses of the domains' HTTP APIs, in the order of their stacks; the domain as its stack names it. */
export function ingestApisOf(
  outputs: StackOutputs,
): readonly { readonly domain: string; readonly url: string }[] {
  return Object.entries(outputs).flatMap(([stack, { IngestApiUrl: url }]) =>
    url === undefined ? [] : [{ domain: stack.split('-').slice(2, -1).join('-'), url }],
  );
}
