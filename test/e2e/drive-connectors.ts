import { InvokeCommand } from '@aws-sdk/client-lambda';
import { connectorsOf } from '#core/config/connector.ts';
import type { LocalDeployment } from './local-deployment.ts';

/** Runs every http-poll connector of a domain; its source answers with good records and one that fits no stream. */
export async function driveHttpPoll(
  deployment: LocalDeployment,
  domainName: string,
  functionName: string,
): Promise<void> {
  const domain = deployment.loaded.project.domains.find(({ name }) => name === domainName);
  for (const { name } of domain === undefined ? [] : connectorsOf(domain, 'http-poll')) {
    const run = await invoke(deployment, functionName, { connector: name });
    // The schedule may be at it at this moment, or have been before.
    const isFine = run['outcome'] === 'done' || run['outcome'] === 'busy';
    if (!isFine) throw new Error(`${functionName}: ${JSON.stringify(run)}`);
  }
}

/** Makes the events of the last minute for every generator connector of a domain. */
export async function driveGenerator(
  deployment: LocalDeployment,
  domainName: string,
  functionName: string,
): Promise<void> {
  const domain = deployment.loaded.project.domains.find(({ name }) => name === domainName);
  for (const { name } of domain === undefined ? [] : connectorsOf(domain, 'generator')) {
    await invoke(deployment, functionName, { connector: name });
  }
}

async function invoke(
  { clients }: LocalDeployment,
  functionName: string,
  event: unknown,
): Promise<Record<string, unknown>> {
  const answer = await clients.lambda.send(
    new InvokeCommand({
      FunctionName: functionName,
      Payload: Buffer.from(JSON.stringify(event)),
    }),
  );
  const payload = Buffer.from(answer.Payload ?? []).toString();
  if (answer.FunctionError !== undefined) throw new Error(`${functionName}: ${payload}`);
  return JSON.parse(payload) as Record<string, unknown>;
}
