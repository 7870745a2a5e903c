import { MemoryEventStream, type PutFault } from '#adapters/memory/memory-event-stream.ts';
import { describeEventStream } from '#test/contracts/event-stream.contract.ts';

describeEventStream(
  'memory',
  async ({ throttled }) => {
    const name = 'events';
    const stream = new MemoryEventStream(2, { name, nowMs: Date.now });
    if (throttled) stream.recordFault = oneMibPerShard();
    return {
      stream,
      name,
      split: async (shardId) => stream.split(shardId),
      merge: async (shardId, neighbour) => stream.merge(shardId, neighbour),
      expire: async () => stream.trim(),
    };
  },
  { throttle: true, expire: true },
);

function oneMibPerShard(): PutFault {
  const taken = new Map<string, number>();
  return ({ explicitHashKey, data }) => {
    const shard = String(explicitHashKey);
    const bytes = (taken.get(shard) ?? 0) + data.length;
    if (bytes > 1024 * 1024) return 'ProvisionedThroughputExceededException';
    taken.set(shard, bytes);
    return null;
  };
}
