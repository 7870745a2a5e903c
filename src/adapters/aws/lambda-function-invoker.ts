import {
  InvokeCommand,
  type InvokeCommandOutput,
  type LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { SluiceError } from '#core/errors.ts';
import type { FunctionInvoker, FunctionResult } from '#ports/function-invoker.ts';

/** FunctionInvoker on AWS Lambda. The client is expected to make one attempt per call. */
export function createLambdaFunctionInvoker(client: LambdaClient): FunctionInvoker {
  return {
    listFunctions: () => listFunctions(client),
    invoke: (name, event) => invoke(client, name, event),
  };
}

async function listFunctions(client: LambdaClient): Promise<readonly string[]> {
  const names: string[] = [];
  let marker: string | undefined;
  do {
    const page = await client
      .send(new ListFunctionsCommand(marker === undefined ? {} : { Marker: marker }))
      .catch((error: unknown) => {
        throw unavailable('list the functions', error);
      });
    for (const { FunctionName } of page.Functions ?? []) names.push(FunctionName ?? '');
    marker = page.NextMarker;
  } while (marker !== undefined);
  return names;
}

async function invoke(client: LambdaClient, name: string, event: string): Promise<FunctionResult> {
  let output: InvokeCommandOutput;
  try {
    output = await client.send(
      new InvokeCommand({
        FunctionName: name,
        Payload: Buffer.from(event),
        InvocationType: 'RequestResponse',
        LogType: 'Tail',
      }),
    );
  } catch (error) {
    throw invocationError(name, error);
  }
  return {
    payload: Buffer.from(output.Payload ?? []).toString('utf8'),
    failed: output.FunctionError !== undefined,
    logTail: Buffer.from(output.LogResult ?? '', 'base64').toString('utf8'),
  };
}

/** Refusals that the same call meets again. Source: AWS Lambda API, Invoke, errors. */
const REFUSALS = [
  'ResourceNotFoundException',
  'InvalidRequestContentException',
  'RequestTooLargeException',
  'InvalidParameterValueException',
];

function invocationError(name: string, error: unknown): SluiceError {
  if (error instanceof Error && REFUSALS.includes(error.name)) {
    return new SluiceError('USAGE', `function ${name} was not invoked: ${error.message}`, {
      cause: error,
    });
  }
  return unavailable(`invoke ${name}`, error);
}

function unavailable(action: string, error: unknown): SluiceError {
  const reason = error instanceof Error ? error.message : String(error);
  return new SluiceError('SOURCE_UNAVAILABLE', `could not ${action}: ${reason}`, { cause: error });
}
