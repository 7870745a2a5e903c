import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import {
  DescribeClusterV2Command,
  GetBootstrapBrokersCommand,
  KafkaClient,
  ListNodesCommand,
} from '@aws-sdk/client-kafka';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCluster } from '#adapters/kafka/cluster-address.ts';
import { createKafkaService, type EmbeddedKafka } from '#embedded/kafka/kafka-service.ts';

const CLUSTER =
  'arn:aws:kafka:us-east-1:000000000000:cluster/local/00000000-0000-0000-0000-000000000000-1';

describe('the emulated control plane of MSK', () => {
  let folder: string;
  let file: string;
  let service: EmbeddedKafka;
  let server: Server;
  let client: KafkaClient;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-kafka-'));
    file = path.join(folder, 'broker.json');
    service = createKafkaService({ brokerFile: file });
    server = createServer((request, response) => {
      void service.handle(request, response);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    client = new KafkaClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    });
  });
  afterEach(async () => {
    client.destroy();
    server.close();
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const startBroker = () =>
    writeFileSync(file, '{"pid":1,"bootstrap":"127.0.0.1:9092","version":"4.1.1"}');

  it('names the broker of kafka:up as that of every cluster, in plain text', async () => {
    startBroker();
    const answer = await client.send(new GetBootstrapBrokersCommand({ ClusterArn: CLUSTER }));
    expect(answer.BootstrapBrokerString).toBe('127.0.0.1:9092');
    expect(answer.BootstrapBrokerStringSaslIam).toBeUndefined();
    expect(await findCluster(client, CLUSTER)).toEqual({
      bootstrap: ['127.0.0.1:9092'],
      auth: 'none',
    });
  });

  it('describes the cluster', async () => {
    const { ClusterInfo } = await client.send(
      new DescribeClusterV2Command({ ClusterArn: CLUSTER }),
    );
    expect(ClusterInfo).toMatchObject({
      ClusterArn: CLUSTER,
      ClusterName: 'local',
      State: 'ACTIVE',
    });
  });

  it('says which command starts a broker when none runs', async () => {
    await expect(
      client.send(new GetBootstrapBrokersCommand({ ClusterArn: CLUSTER })),
    ).rejects.toThrow(/npm run kafka:up/);
    expect(() => service.bootstrapServers()).toThrow(/no broker runs here.*npm run kafka:up/);
    const topic = { clusterArn: CLUSTER, name: 't', partitions: 1, replication: 1, configs: {} };
    await expect(service.ensureTopic(topic)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('takes a file that was cut off for no broker', () => {
    writeFileSync(file, '{"pid":1,"boots');
    expect(() => service.bootstrapServers()).toThrow(/no broker runs here/);
  });

  it('refuses by name what is not emulated', async () => {
    await expect(client.send(new ListNodesCommand({ ClusterArn: CLUSTER }))).rejects.toThrow(
      /of Amazon MSK is not emulated/,
    );
  });
});
