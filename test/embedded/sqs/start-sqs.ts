import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SQSClient } from '@aws-sdk/client-sqs';
import { onTestFinished } from 'vitest';
import { startGateway } from '#embedded/gateway/gateway.ts';
import type { SqsService } from '#embedded/services.ts';
import { openSqsService } from '#embedded/sqs/sqs-service.ts';

export interface StartedSqs {
  readonly client: SQSClient;
  readonly endpoint: string;
  service(): SqsService;
  /** Moves the clock, which otherwise stands still. */
  advance(ms: number): void;
  /** Closes the service and opens it again on the same folder. */
  restart(): Promise<void>;
}

/** SQS behind a gateway, with AWS's client as it is. Closed at the end of the test. */
export async function startSqs(
  options: { readonly minSupersededBytes?: number } = {},
): Promise<StartedSqs> {
  const stateDir = mkdtempSync(path.join(os.tmpdir(), 'sluice-sqs-'));
  let now = Date.UTC(2026, 0, 1);
  const open = () => openSqsService({ stateDir, nowMs: () => now, ...options });
  let service = open();
  const gateway = await startGateway({
    port: 0,
    services: {
      sqs: {
        handle: (request, response) => service.handle(request, response),
        close: async () => undefined,
      },
    },
    health: () => null,
  });
  const client = new SQSClient({
    endpoint: gateway.endpoint,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  onTestFinished(async () => {
    client.destroy();
    await gateway.close();
    await service.close();
    rmSync(stateDir, { recursive: true, force: true });
  });
  return {
    client,
    endpoint: gateway.endpoint,
    service: () => service,
    advance: (ms) => {
      now += ms;
    },
    restart: async () => {
      await service.close();
      service = open();
    },
  };
}
