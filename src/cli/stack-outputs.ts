import { SluiceError } from '#core/errors.ts';

/** Value of a stack output. Throws USAGE when the deployed template is older than the tool. */
function output(outputs: Readonly<Record<string, string>>, name: string): string {
  const value = outputs[name];
  if (value === undefined) {
    throw new SluiceError(
      'USAGE',
      `the deployed stacks have no output "${name}"; deploy them again (locally: restart the local cloud)`,
    );
  }
  return value;
}

export function workGroupOf(outputs: Readonly<Record<string, string>>): string {
  return output(outputs, 'WorkGroupName');
}

export function receiptsTableOf(outputs: Readonly<Record<string, string>>): string {
  return output(outputs, 'ReceiptsTableName');
}

export function deadLetterUriOf(outputs: Readonly<Record<string, string>>): string {
  return `s3://${output(outputs, 'DeadLetterBucketName')}`;
}
