import { existsSync, readFileSync } from 'node:fs';
import {
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  type KinesisClient,
  ResourceNotFoundException,
  type StreamDescriptionSummary,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis';
import { replaceFile } from '#embedded/replace-file.ts';
import type { KinesisService } from '#embedded/services.ts';

type WantedStream = Parameters<KinesisService['ensureStream']>[0];

/** Shard counts of the template by stream: a reshard by hand stays until the template changes. */
export interface DeclaredShards {
  get(streamName: string): number | null;
  set(streamName: string, shardCount: number): void;
}

const ACTIVE_TIMEOUT_MS = 60_000;
const ACTIVE_POLL_MS = 100;

/** Creates a stream or brings it to the template's properties; returns its ARN as the program names it. */
export async function ensureDelegatedStream(
  client: KinesisClient,
  wanted: WantedStream,
  declared: DeclaredShards,
): Promise<string> {
  const { name, shardCount, maxRecordKib } = wanted;
  const StreamName = name;
  if ((await describeStream(client, name)) === null) {
    await client.send(
      new CreateStreamCommand({
        StreamName,
        ShardCount: shardCount,
        ...(maxRecordKib === undefined ? {} : { MaxRecordSizeInKiB: maxRecordKib }),
      }),
    );
  } else if ((declared.get(name) ?? shardCount) !== shardCount) {
    const ScalingType = 'UNIFORM_SCALING';
    await client.send(
      new UpdateShardCountCommand({ StreamName, TargetShardCount: shardCount, ScalingType }),
    );
  }
  const stream = await waitUntilActive(client, name);
  declared.set(name, shardCount);
  await setRetention(client, stream, wanted);
  return stream.StreamARN ?? '';
}

async function setRetention(
  client: KinesisClient,
  stream: StreamDescriptionSummary,
  { name, retentionHours }: WantedStream,
): Promise<void> {
  const hours = stream.RetentionPeriodHours ?? 24;
  const change = { StreamName: name, RetentionPeriodHours: retentionHours };
  if (hours < retentionHours) {
    await client.send(new IncreaseStreamRetentionPeriodCommand(change));
  } else if (hours > retentionHours) {
    await client.send(new DecreaseStreamRetentionPeriodCommand(change));
  } else return;
  await waitUntilActive(client, name);
}

async function waitUntilActive(
  client: KinesisClient,
  name: string,
): Promise<StreamDescriptionSummary> {
  const deadline = performance.now() + ACTIVE_TIMEOUT_MS;
  for (;;) {
    const stream = await describeStream(client, name);
    if (stream?.StreamStatus === 'ACTIVE') return stream;
    if (performance.now() > deadline) throw new Error(`stream ${name} did not become active`);
    await new Promise((resolve) => setTimeout(resolve, ACTIVE_POLL_MS));
  }
}

async function describeStream(
  client: KinesisClient,
  name: string,
): Promise<StreamDescriptionSummary | null> {
  try {
    const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName: name }));
    return answer.StreamDescriptionSummary ?? null;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  }
}

/** Kept in a file beside the state of the other services. */
export function openDeclaredShards(file: string): DeclaredShards {
  const counts: Record<string, number> = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : {};
  return {
    get: (streamName) => (Object.hasOwn(counts, streamName) ? (counts[streamName] ?? null) : null),
    set(streamName, shardCount) {
      if (counts[streamName] === shardCount) return;
      counts[streamName] = shardCount;
      replaceFile(file, JSON.stringify(counts));
    },
  };
}
