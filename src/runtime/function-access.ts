import { createLambdaFunctionInvoker } from '#adapters/aws/lambda-function-invoker.ts';
import type { FunctionInvoker } from '#ports/function-invoker.ts';
import { type AwsTarget, createLambdaClient } from './aws-clients.ts';

/** The functions as tools see them. */
export interface FunctionAccess extends FunctionInvoker {
  close(): void;
}

export function openFunctions(target: AwsTarget): FunctionAccess {
  const client = createLambdaClient(target);
  return { ...createLambdaFunctionInvoker(client), close: () => client.destroy() };
}
