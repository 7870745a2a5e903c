import { ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { deadLetterBucket, sendEvents } from './drive-lake-writer.ts';
import type { LocalDeployment } from './local-deployment.ts';

const MAX_ATTEMPTS = 50;

/** What the sink takes in, and a batch that it gives up because its process dies each time. */
export async function driveSink(
  deployment: LocalDeployment,
  domainName: string,
  functionName: string,
): Promise<void> {
  const { loaded, clients, cloud } = deployment;
  const kind = functionName.split('-sink-')[1] ?? '';
  const stream = loaded.project.domains
    .find(({ name }) => name === domainName)
    ?.streams.find(({ sinks }) => sinks.includes(kind));
  if (stream === undefined) throw new Error(`no stream of ${domainName} names the sink ${kind}`);
  await sendEvents(deployment, stream, { run: 3 });
  await deployment.drained();
  const { EventSourceMappings = [] } = await clients.lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName: functionName }),
  );
  const prefix = `aws/lambda/${EventSourceMappings[0]?.UUID ?? ''}/`;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    await sendEvents(deployment, stream, { run: 3 + attempt });
    while (cloud.health().pending) {
      // Whatever is at work: the writer's batches fail as well, which costs it nothing but a repetition.
      for (const pid of cloud.health().children) killIfAlive(pid);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const given = await clients.s3.send(
      new ListObjectsV2Command({ Bucket: deadLetterBucket(deployment), Prefix: prefix }),
    );
    if ((given.KeyCount ?? 0) > 0) return;
  }
  throw new Error(`no batch of ${functionName} ended in the failure destination`);
}

/** It may have ended between the list and the signal. */
function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
