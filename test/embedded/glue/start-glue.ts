import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { createGlueService } from '#embedded/glue/glue-service.ts';
import type { GlueService } from '#embedded/services.ts';
import { createGlueClient, localTarget } from '#runtime/aws-clients.ts';

/** What the service put into S3, by URI. */
export type StoredObjects = Map<string, string>;

export interface RunningGlue {
  readonly service: GlueService;
  readonly client: ReturnType<typeof createGlueClient>;
  readonly endpoint: string;
  readonly objects: StoredObjects;
  stop(): Promise<void>;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-glue-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An S3 of objects in memory. */
export function memoryS3(objects: StoredObjects): Parameters<typeof createGlueService>[0]['s3'] {
  return {
    async getObject(bucket, key) {
      const text = objects.get(`s3://${bucket}/${key}`);
      return text === undefined ? null : Buffer.from(text);
    },
    async putObject(bucket, key, { body, ifNoneMatch }) {
      const uri = `s3://${bucket}/${key}`;
      if (ifNoneMatch === '*' && objects.has(uri)) return false;
      objects.set(uri, Buffer.from(body).toString('utf8'));
      return true;
    },
  };
}

/** Glue behind the gateway on a free port. */
export async function startGlue(
  options: {
    readonly stateDir?: string;
    readonly nowMs?: () => number;
    /** @default the objects of the answer */
    readonly s3?: Parameters<typeof createGlueService>[0]['s3'];
  } = {},
): Promise<RunningGlue> {
  const stateDir = options.stateDir ?? temporaryFolder();
  const objects: StoredObjects = new Map();
  const { nowMs } = options;
  const service = createGlueService({
    stateDir,
    s3: options.s3 ?? memoryS3(objects),
    ...(nowMs === undefined ? {} : { nowMs }),
  });
  const gateway = await startGateway({ port: 0, services: { glue: service }, health: () => null });
  const client = createGlueClient(localTarget(gateway.endpoint));
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      client.destroy();
      await gateway.close();
      await service.close();
    })();
    return stopped;
  };
  onTestFinished(stop);
  return { service, client, endpoint: gateway.endpoint, objects, stop };
}
