/** A process of its own for the producer benchmark: the emulated Kinesis with one stream; its endpoint is the first line of stdout. */
import { startGateway } from '#embedded/gateway/gateway.ts';
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';

const [stateDir = '', name = '', shards = '1'] = process.argv.slice(2);
const kinesis = createKinesisService({ stateDir });
kinesis.ensureStream({ name, shardCount: Number(shards), retentionHours: 24 });
const gateway = await startGateway({ port: 0, services: { kinesis }, health: () => null });
console.log(gateway.endpoint);
// The benchmark ends it by closing its input.
process.stdin.resume().once('end', async () => {
  await gateway.close();
  await kinesis.close();
});
