import { AwsError } from '#embedded/gateway/json-protocol.ts';

export function validationError(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message);
}

export function ruleNotFound(name: string, busName: string): AwsError {
  return notFound(`Rule ${name} does not exist on EventBus ${busName}.`);
}

export function invalidPattern(reason: string): AwsError {
  return new AwsError(
    'InvalidEventPatternException',
    `Event pattern is not valid. Reason: ${reason}`,
  );
}
