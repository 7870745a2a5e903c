import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import type { Domain, DomainSettings, FileSource, Stream } from '#core/config/project.ts';
import { evolveStream } from '#core/schema/evolution/stream-evolution.ts';
import type { Field } from '#core/schema/field.ts';
import { findStream, type Registry } from '#core/schema/registry.ts';
import { type RunningLocalCloud, startLocalCloud } from '#embedded/start-local-cloud.ts';
import { createLambdaBundler } from '#lib/constructs/lambda-code.ts';
import { createDeployment } from '#lib/load-deployment.ts';
import { synthesizeDeployment } from '#lib/synthesize.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { type LoadedProject, loadProject } from '#runtime/load-project.ts';
import { ROOT } from './run-sluice.ts';

/** The project's own templates and bundled handlers, deployed into a local cloud of this process. */
export interface LocalDeployment {
  readonly loaded: LoadedProject;
  /** With every change. */
  readonly deployed: Pick<LoadedProject, 'project' | 'registry'>;
  readonly assemblyDir: string;
  readonly cloud: RunningLocalCloud;
  /** Clients of the account's administrator. */
  readonly clients: {
    readonly s3: S3Client;
    readonly glue: GlueClient;
    readonly lambda: LambdaClient;
    readonly dynamoDb: DynamoDBClient;
  };
  /** Resolves when no record waits and no function works. */
  drained(): Promise<void>;
  close(): Promise<void>;
}

const DRAIN_LIMIT_MS = 60_000;

/** `writer` replaces settings of every domain, so that a test need not wait for what takes hours. */
export async function startLocalDeployment(options: {
  readonly writer: Partial<DomainSettings['writer']>;
  /** Entries of files that a domain has besides its own. */
  readonly files?: (domain: Domain) => readonly FileSource[];
  /** Changes a domain before it is deployed. */
  readonly change?: (domain: Domain) => Domain;
  /** Every stream gets a field that its table does not have yet. @default false */
  readonly migrates?: boolean;
}): Promise<LocalDeployment> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-deployed-'));
  const loaded = loadProject({ root: ROOT, environment: 'local' });
  const { change = (domain: Domain) => domain } = options;
  const { migrates = false } = options;
  const domains = loaded.project.domains.map(change).map((domain) => ({
    ...domain,
    streams: migrates ? domain.streams.map(withNewField) : domain.streams,
    writer: { ...domain.writer, ...options.writer },
    files: [...domain.files, ...(options.files?.(domain) ?? [])],
  }));
  const project = { ...loaded.project, domains };
  const registry = migrates ? evolveRegistry(loaded.registry, domains) : loaded.registry;
  const assemblyDir = path.join(folder, 'assembly');
  const deployment = createDeployment({ project, registry }, createLambdaBundler(ROOT));
  synthesizeDeployment(deployment, { root: ROOT, outdir: assemblyDir });
  const cloud = await startLocalCloud({
    assemblyDir,
    stateDir: path.join(folder, 'services'),
    logDir: path.join(folder, 'logs'),
    cloudFile: path.join(folder, 'cloud.json'),
    port: 0,
  });
  const target = localTarget(cloud.endpoint);
  const clients = {
    s3: new S3Client(target),
    glue: new GlueClient(target),
    lambda: new LambdaClient(target),
    dynamoDb: new DynamoDBClient(target),
  };
  return {
    loaded,
    deployed: { project, registry },
    assemblyDir,
    cloud,
    clients,
    async drained() {
      const limitMs = Date.now() + DRAIN_LIMIT_MS;
      while (cloud.health().pending) {
        if (Date.now() > limitMs) throw new Error('records still wait; see the checkpoints');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async close() {
      for (const client of Object.values(clients)) client.destroy();
      await cloud.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function withNewField(stream: Stream): Stream {
  const field: Field = {
    name: 'added_by_test',
    type: { kind: 'string' },
    optional: true,
    aliases: [],
    examples: [],
    allowNan: false,
  };
  return { ...stream, fields: [...stream.fields, field] };
}

function evolveRegistry(registry: Registry, domains: readonly Domain[]): Registry {
  const streams = domains.flatMap((domain) => domain.streams);
  return {
    ...registry,
    streams: streams.map(
      (stream) => evolveStream(stream, findStream(registry, stream.domain, stream.name)).schemas,
    ),
  };
}
