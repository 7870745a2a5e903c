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

export function deadLetterUriOf(outputs: StackOutputs): string {
  return `s3://${output(outputs, 'DeadLetterBucketName')}`;
}
