import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { onTestFinished } from 'vitest';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { createKinesisService, type KinesisOptions } from '#embedded/kinesis/kinesis-service.ts';
import type { KinesisService } from '#embedded/services.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface RunningKinesis {
  readonly service: KinesisService;
  readonly endpoint: string;
  /** HTTP/1.1, one attempt: an error is the service's first word. */
  readonly client: KinesisClient;
  /** What the SDK does when nobody chooses: HTTP/2. */
  readonly defaultClient: KinesisClient;
}

/** A Kinesis service behind the gateway on a free port, closed when the test ends. */
export async function startKinesis(options: Partial<KinesisOptions> = {}): Promise<RunningKinesis> {
  const service = createKinesisService({ stateDir: temporaryFolder(), ...options });
  const services = { kinesis: service };
  const gateway = await startGateway({ port: 0, services, health: () => null });
  const { endpoint } = gateway;
  const shared = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const client = new KinesisClient({ ...shared, requestHandler: new NodeHttpHandler() });
  const defaultClient = new KinesisClient(shared);
  onTestFinished(async () => {
    client.destroy();
    defaultClient.destroy();
    await gateway.close();
    await service.close();
  });
  return { service, endpoint, client, defaultClient };
}
