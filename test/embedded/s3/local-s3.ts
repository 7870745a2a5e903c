import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { openS3Service } from '#embedded/s3/s3-service.ts';
import type { EmbeddedS3Service } from '#embedded/services.ts';

export interface RunningS3 {
  readonly service: EmbeddedS3Service;
  readonly endpoint: string;
  /** An unmodified SDK client that knows the endpoint and nothing else. */
  readonly client: S3Client;
  readonly stateDir: string;
  /** Stops everything; the folder stays until the test ends. */
  stop(): Promise<void>;
}

export const BUCKET = 'lake-bucket';
/** A signature nobody checks: enough to be routed to S3. */
export const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0',
};

/** An empty folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-s3-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** S3 behind the gateway on a free port, with the bucket `lake-bucket`. */
export async function startS3(
  options: { readonly stateDir?: string; readonly nowMs?: () => number } = {},
): Promise<RunningS3> {
  const stateDir = options.stateDir ?? temporaryFolder();
  const service = openS3Service({ ...options, stateDir });
  const gateway = await startGateway({ port: 0, services: { s3: service }, health: () => null });
  const client = new S3Client({
    endpoint: gateway.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
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
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  return { service, endpoint: gateway.endpoint, client, stateDir, stop };
}

/** Runs a call that has to fail; answers with what the SDK understood. */
export async function failureOf(
  call: Promise<unknown>,
): Promise<{ readonly status: number; readonly code: string; readonly message: string }> {
  try {
    await call;
  } catch (error) {
    const failure = error as Error & { $metadata?: { httpStatusCode?: number } };
    const status = failure.$metadata?.httpStatusCode ?? 0;
    return { status, code: failure.name, message: failure.message };
  }
  throw new Error('expected the call to fail');
}
