import path from 'node:path';
import { ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { SluiceError } from '#core/errors.ts';
import type { KinesisService } from '#embedded/services.ts';
import { createKinesisClient, localTarget } from '#runtime/aws-clients.ts';
import type { DelegateEndpoint } from '#runtime/backend-endpoints.ts';
import { type AnsweredCall, forwardJsonRequest } from './forward-json-request.ts';
import { createForwarder } from './forward-request.ts';
import { ensureDelegatedStream, openDeclaredShards } from './kinesis-stream.ts';
import { openShardDirectory, type ShardDirectory } from './shard-directory.ts';
import { createShardRecords } from './shard-records.ts';

/** Calls after which a stream has other shards, or is there at all, or is gone. */
const RESHAPING = new Set([
  'CreateStream',
  'DeleteStream',
  'MergeShards',
  'SplitShard',
  'UpdateShardCount',
]);

export interface KinesisDelegateOptions {
  readonly endpoint: DelegateEndpoint;
  /** Folder for what the program cannot remember for us. */
  readonly stateDir: string;
  /** How often streams that somebody reads are asked for their shards. @default 1000 */
  readonly refreshIntervalMs?: number;
}

/**
 * Kinesis as another program serves it. What is put through the gateway wakes its readers at once; what is put
 * past it is found when they poll. Throws SOURCE_UNAVAILABLE when the program does not answer.
 */
export async function openKinesisDelegate(
  options: KinesisDelegateOptions,
): Promise<KinesisService> {
  const { endpoint } = options;
  const { accessKeyId, secretAccessKey } = endpoint;
  const client = createKinesisClient({
    ...localTarget(endpoint.url),
    credentials: { accessKeyId, secretAccessKey },
  });
  const forwarder = createForwarder('kinesis', endpoint);
  const directory = openShardDirectory(client, options.refreshIntervalMs);
  const records = createShardRecords(client);
  const declared = openDeclaredShards(path.join(options.stateDir, 'declared-shards.json'));
  const close = async (): Promise<void> => {
    directory.close();
    client.destroy();
    forwarder.close();
  };
  try {
    await client.send(new ListStreamsCommand({ Limit: 1 }));
  } catch (cause) {
    await close();
    throw new SluiceError(
      'SOURCE_UNAVAILABLE',
      `kinesis is to be served by ${endpoint.url}, which does not list its streams (${(cause as Error).message}); start it`,
      { cause },
    );
  }
  return {
    handle: (request, response) =>
      forwardJsonRequest(request, response, {
        forwarder,
        onAnswered: (call) => hearOf(call, directory),
      }),
    close,
    async ensureStream(stream) {
      const arn = await ensureDelegatedStream(client, stream, declared);
      await directory.refresh(stream.name);
      return { arn };
    },
    listShards: (streamName) => directory.shards(streamName),
    async readAfter(streamName, shardId, read) {
      const views = await records.readAfter({ streamName, shardId }, read);
      directory.hearOfRecord(streamName, shardId, views.at(-1)?.sequenceNumber ?? null);
      return views;
    },
    latestSequenceNumber: (streamName, shardId) => directory.latest(streamName, shardId),
    positionBefore: (streamName) => {
      throw new SluiceError(
        'FEATURE_UNSUPPORTED',
        `stream ${streamName}: a mapping that starts AT_TIMESTAMP needs the embedded kinesis, which is delegated; use TRIM_HORIZON`,
      );
    },
    onChange: (streamName, listener) => directory.onChange(streamName, listener),
  };
}

/** Learns from what passes through. */
async function hearOf(call: AnsweredCall, directory: ShardDirectory): Promise<void> {
  const { operation, input, output } = call;
  const streamName = streamNameOf(input);
  if (streamName === null) return;
  // The call itself succeeded: what cannot be listed now is listed by and by.
  if (RESHAPING.has(operation)) await directory.refresh(streamName).catch(() => undefined);
  if (operation === 'PutRecord') hearOfPut(output, streamName, directory);
  if (operation !== 'PutRecords' || !Array.isArray(output['Records'])) return;
  for (const entry of output['Records']) hearOfPut(entry, streamName, directory);
}

function hearOfPut(
  entry: Readonly<Record<string, unknown>>,
  streamName: string,
  directory: ShardDirectory,
): void {
  const { ShardId: shardId, SequenceNumber: sequenceNumber } = entry;
  // An entry that was refused has neither.
  if (typeof shardId !== 'string' || typeof sequenceNumber !== 'string') return;
  directory.hearOfRecord(streamName, shardId, sequenceNumber);
}

function streamNameOf(input: Readonly<Record<string, unknown>>): string | null {
  const { StreamName: name, StreamARN: arn } = input;
  if (typeof name === 'string') return name;
  return typeof arn === 'string' ? (arn.split('/').at(-1) ?? null) : null;
}
