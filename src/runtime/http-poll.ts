import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createDynamoDbConnectorState } from '#adapters/aws/dynamodb-connector-state.ts';
import { createDynamoDbReceiptStore } from '#adapters/aws/dynamodb-receipt-store.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { createHttpClient } from '#adapters/http/node-http-client.ts';
import { compileJsonPath } from '#adapters/jsonpath/compile-json-path.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import { type PollDeps, type PollRun, pollHttp } from '#app/poll-http.ts';
import { createReceiptTotals } from '#app/receipt-totals.ts';
import { SluiceError } from '#core/errors.ts';
import { parseHttpPollConfig } from '#core/poll/poll-config.ts';
import { createDynamoDbClient, createS3Client } from './aws-clients.ts';
import { openFunctionBuffer } from './buffer-access.ts';
import { type ConnectorEvent, connectorOf } from './connector-event.ts';
import { readHttpPollEnv } from './env.ts';
import { openRegistryIds } from './registry-ids.ts';
import { openSecrets } from './secrets.ts';

/** One run of a connector; `remainingMs` until the function is stopped. */
export type HttpPoll = (event: ConnectorEvent, remainingMs: number) => Promise<PollRun>;

/** Kept for the answer and the metrics. */
const END_MS = 3_000;

/** The function's one composition, made once per execution environment. */
export async function openHttpPoll(): Promise<HttpPoll> {
  const env = readHttpPollEnv();
  const config = parseHttpPollConfig(
    await readFile(path.join(env.taskRoot, 'config.json'), 'utf8'),
  );
  const dynamodb = createDynamoDbClient();
  const deps: PollDeps = {
    http: createHttpClient(),
    secrets: openSecrets(config.secrets),
    stream: openFunctionBuffer(),
    store: createS3ObjectStore(createS3Client()),
    states: createDynamoDbConnectorState(dynamodb, env.connectorsTable),
    receipts: createReceiptTotals(createDynamoDbReceiptStore(dynamodb, env.receiptsTable), {
      domain: config.domain,
      producer: `http-poll-${randomName()}`,
    }),
    compilePath: compileJsonPath,
    clock: systemClock,
    random: systemRandom,
  };
  const schemaIdOf = openRegistryIds(config.domain);
  return async (event, remainingMs) => {
    const connector = connectorOf(config.connectors, event);
    const stream = config.streams.find(({ name }) => name === connector.stream);
    if (stream === undefined) {
      throw new SluiceError(
        'CONFIG_INVALID',
        `expected stream ${connector.stream}, got none; deploy again`,
      );
    }
    const published = { ...stream, schemaVersionId: await schemaIdOf(stream) };
    return await pollHttp(
      deps,
      {
        domain: config.domain,
        connector,
        stream: published,
        bucketUri: `s3://${env.deadLetterBucket}`,
      },
      { owner: randomName(), deadlineMs: systemClock.nowMs() + remainingMs - END_MS },
    );
  };
}

/** Never given twice. */
function randomName(): string {
  return Buffer.from(systemRandom.bytes(16)).toString('hex');
}
