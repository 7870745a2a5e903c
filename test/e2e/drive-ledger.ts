import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { LocalDeployment } from './local-deployment.ts';

/** Rolls up what the other functions left, twice: the second run goes on where the first one stopped. */
export async function driveLedger(
  { clients }: LocalDeployment,
  _domain: string,
  functionName: string,
): Promise<void> {
  for (let run = 0; run < 2; run++) {
    const answer = await clients.lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from('{}') }),
    );
    if (answer.FunctionError !== undefined) {
      throw new Error(`${functionName}: ${Buffer.from(answer.Payload ?? []).toString()}`);
    }
  }
}
