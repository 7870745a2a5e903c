import { AwsError } from '#embedded/gateway/json-protocol.ts';

/** An error of SQS. Clients of the older protocol know it by another name, which today's clients show too. */
export class SqsError extends AwsError {
  /** As the query protocol names it; batches and the header `x-amzn-query-error` do too. */
  readonly queryCode: string;

  constructor(code: string, message: string, queryCode: string = code) {
    super(`com.amazonaws.sqs#${code}`, message);
    this.queryCode = queryCode;
  }
}

const PREFIX = 'AWS.SimpleQueueService.';

/** An error that the query protocol names with SQS's prefix. Source: Amazon SQS API reference, botocore's model of it. */
export function prefixedError(code: string, message: string): SqsError {
  return new SqsError(code, message, `${PREFIX}${code}`);
}

export function queueDoesNotExist(): SqsError {
  const message = 'The specified queue does not exist.';
  return new SqsError('QueueDoesNotExist', message, `${PREFIX}NonExistentQueue`);
}

export function invalidParameter(message: string): SqsError {
  return new SqsError('InvalidParameterValueException', message, 'InvalidParameterValue');
}

export function missingParameter(name: string): SqsError {
  const message = `The request must contain the parameter ${name}.`;
  return new SqsError('MissingRequiredParameterException', message, 'MissingParameter');
}

export function invalidAttributeName(name: string): SqsError {
  return new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
}

export function invalidAttributeValue(name: string, hint?: string): SqsError {
  const reason = hint === undefined ? '' : ` Reason: ${hint}`;
  const message = `Invalid value for the parameter ${name}.${reason}`;
  return new SqsError('InvalidAttributeValue', message);
}

export function invalidReceiptHandle(handle: string): SqsError {
  const shown = handle.length > 40 ? `${handle.slice(0, 40)}...` : handle;
  const message = `The input receipt handle "${shown}" is not a valid receipt handle.`;
  return new SqsError('ReceiptHandleIsInvalid', message);
}

export function unsupportedOperation(message: string): SqsError {
  return prefixedError('UnsupportedOperation', message);
}
