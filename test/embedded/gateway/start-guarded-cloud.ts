import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { openDynamoDbService } from '#embedded/dynamodb/dynamodb-service.ts';
import { createAccessControl } from '#embedded/gateway/access-control.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { createGlueService } from '#embedded/glue/glue-service.ts';
import { createIamService } from '#embedded/iam/iam-service.ts';
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';
import { openS3Service } from '#embedded/s3/s3-service.ts';
import type { HttpService, IamService } from '#embedded/services.ts';
import { createStsService } from '#embedded/sts/sts-service.ts';

export const ROLE_ARN = 'arn:aws:iam::000000000000:role/worker';

export interface GuardedCloud {
  readonly endpoint: string;
  readonly iam: IamService;
  /** Client settings with fresh credentials of a role that may do this. */
  readonly asRole: (
    grants: readonly (readonly [action: string, resource: string])[],
  ) => ClientSettings;
  readonly asAdministrator: ClientSettings;
}

interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly maxAttempts: 1;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** Says which workgroup an execution runs in, and answers everything with an empty object. */
const athena: HttpService & { workGroupOf(id: string): string | null } = {
  workGroupOf: (id) => (id === 'known' ? 'reports' : null),
  async handle(request, response) {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end('{}');
  },
  async close() {},
};

/** S3, Kinesis, Glue, STS and, where asked for, DynamoDB behind a gateway that asks IAM. Closed at the end of the test. */
export async function startGuardedCloud(
  options: { readonly withDynamoDb?: boolean } = {},
): Promise<GuardedCloud> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-guarded-'));
  const stateDir = (service: string): string => path.join(folder, service);
  const s3 = openS3Service({ stateDir: stateDir('s3') });
  const kinesis = createKinesisService({ stateDir: stateDir('kinesis') });
  const glue = createGlueService({ stateDir: stateDir('glue'), s3 });
  const dynamodb =
    options.withDynamoDb === true
      ? await openDynamoDbService({ stateDir: stateDir('dynamodb') })
      : null;
  s3.ensureBucket({ name: 'lake', versioned: true });
  kinesis.ensureStream({ name: 'events', shardCount: 1, retentionHours: 24 });
  glue.ensureDatabase({ name: 'bronze' });
  const iam = createIamService();
  const gateway = await startGateway({
    port: 0,
    services: {
      s3,
      kinesis,
      glue,
      ...(dynamodb === null ? {} : { dynamodb }),
      athena,
      lambda: athena,
      sts: createStsService({ iam }),
    },
    health: () => null,
    calls: () => iam.journal(),
    access: createAccessControl({ iam, athena }),
  });
  onTestFinished(async () => {
    await gateway.close();
    for (const service of [s3, kinesis, glue, dynamodb]) await service?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { endpoint } = gateway;
  const settings = { endpoint, region: 'us-east-1', maxAttempts: 1 as const };
  return {
    endpoint,
    iam,
    asRole: (grants) => {
      iam.ensureRole({
        name: 'worker',
        arn: ROLE_ARN,
        trust: { Statement: [] },
        policies: grants.map(([Action, Resource], index) => ({
          name: `grant-${index}`,
          document: { Statement: [{ Effect: 'Allow', Action, Resource }] },
        })),
      });
      return { ...settings, credentials: iam.issueCredentials(ROLE_ARN, 'function') };
    },
    asAdministrator: {
      ...settings,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    },
  };
}

/** The error of a call as the SDK understood it; null when the call succeeded. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<{ readonly status: number; readonly code: string; readonly message: string } | null> {
  try {
    await call;
    return null;
  } catch (error) {
    const failure = error as Error & { $metadata?: { httpStatusCode?: number } };
    const status = failure.$metadata?.httpStatusCode ?? 0;
    return { status, code: failure.name, message: failure.message };
  }
}
