import type { DelegableService } from '#runtime/backend-endpoints.ts';
import type { FunctionHealth } from './cloudwatch/function-health.ts';
import type { EmbeddedKafka } from './kafka/kafka-service.ts';
import { formatOf } from './lambda/event-source/mapping-format.ts';
import type { AlarmView, EventSourceMappings, KinesisService } from './services.ts';

/** How the local cloud is: what `GET /_sluice/health` answers. */
export interface LocalCloudHealth {
  readonly pid: number;
  readonly endpoint: string;
  /** Records wait on a shard, messages in a mapped queue, or a function is at work. */
  readonly pending: boolean;
  /** Stream and shard to the last sequence number done with: moves while records are taken in. */
  readonly checkpoints: Readonly<Record<string, string | null>>;
  readonly stacks: readonly { readonly name: string; readonly resources: number }[];
  /** Stack name to output name to value. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Processes of the functions. */
  readonly children: readonly number[];
  readonly alarms: readonly AlarmView[];
  /** Functions that were invoked since the start. */
  readonly functions: readonly FunctionHealth[];
  /** Services that other programs serve, and where; the others are embedded. */
  readonly delegates: Readonly<Partial<Record<DelegableService, string>>>;
}

/** Per shard the checkpoint of the mapping that is furthest behind; a partition by its number, as its stream lists it. */
export function checkpointsOf(
  mappings: EventSourceMappings,
  sources: { readonly kinesis: KinesisService; readonly kafka: EmbeddedKafka },
): Readonly<Record<string, string | null>> {
  const checkpoints = new Map<string, string | null>();
  for (const mapping of mappings.list()) {
    const { id, streamName, kafka } = mapping;
    const source = kafka === undefined ? sources.kinesis : sources.kafka.streams;
    for (const shardId of shardsOf(source, streamName)) {
      const shard = `${streamName}/${formatOf(mapping).shardName(shardId)}`;
      const checkpoint = mappings.checkpoint(id, shardId);
      const known = checkpoints.get(shard);
      checkpoints.set(shard, known === undefined ? checkpoint : earlier(known, checkpoint));
    }
  }
  return Object.fromEntries(checkpoints);
}

/** None while a broker does not answer: the rest of the health is still worth knowing. */
function shardsOf(
  source: Pick<KinesisService, 'listShards'>,
  streamName: string,
): readonly string[] {
  try {
    return source.listShards(streamName).map(({ shardId }) => shardId);
  } catch {
    return [];
  }
}

/** Null is before the first record. */
function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  return BigInt(a) <= BigInt(b) ? a : b;
}
