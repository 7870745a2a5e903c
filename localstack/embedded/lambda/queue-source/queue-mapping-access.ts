import { AwsError } from '#embedded/gateway/json-protocol.ts';
import { AccessDeniedError, type PlatformAccess } from '../event-source/platform-access.ts';

/** What Lambda does on a queue in the function's role. Source: AWS Lambda developer guide, execution role permissions. */
const QUEUE_ACTIONS = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'];

/** Throws as CreateEventSourceMapping does when the function's role may not read the queue. */
export function checkQueueAccess(
  mapping: { readonly functionName: string; readonly queueArn: string },
  access: PlatformAccess,
): void {
  for (const action of QUEUE_ACTIONS) {
    try {
      access.require(mapping.functionName, `sqs:${action}`, mapping.queueArn);
    } catch (error) {
      if (!(error instanceof AccessDeniedError)) throw error;
      throw new AwsError(
        'InvalidParameterValueException',
        `The function execution role does not have permissions to call ${action} on SQS (${error.message})`,
      );
    }
  }
}
