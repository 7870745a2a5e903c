import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Assembly } from '#embedded/assembly/load-assembly.ts';
import type { AssemblyServices } from '#embedded/assembly/resource-type.ts';

/** One call of an emulated service. */
export type ServiceCall = readonly [name: string, argument: unknown];

/** Services that record what is asked of them; `fail` makes one kind of call throw. */
export function recordingServices(fail: Readonly<Record<string, Error>> = {}): {
  readonly services: AssemblyServices;
  readonly calls: ServiceCall[];
} {
  const calls: ServiceCall[] = [];
  const record = (name: string, argument: unknown): void => {
    calls.push([name, argument]);
    if (fail[name] !== undefined) throw fail[name];
  };
  const services: AssemblyServices = {
    s3: { ensureBucket: (bucket) => record('bucket', bucket) },
    kinesis: {
      ensureStream: (stream) => {
        record('stream', stream);
        return { arn: `arn:aws:kinesis:us-east-1:000000000000:stream/${stream.name}` };
      },
    },
    kafka: {
      ensureTopic: async (topic) => record('kafkaTopic', topic),
      watch: async (topic) => record('watchedTopic', topic),
      bootstrapServers: () => '127.0.0.1:9092',
    },
    dynamoDb: { ensureTable: async (table) => record('dynamoDbTable', table) },
    glue: {
      ensureDatabase: (database) => record('database', database),
      ensureIcebergTable: async (table) => record('icebergTable', table),
      schemaRegistry: {
        ensureRegistry: (registry) => record('schemaRegistry', registry),
        ensureSchema: (schema) => record('schema', schema),
        ensureSchemaVersion: (version) => record('schemaVersion', version),
      },
    },
    athena: { ensureWorkGroup: (workGroup) => record('workGroup', workGroup) },
    lambda: {
      ensureFunction: (config) => record('function', config),
      ensureEventInvokeConfig: (config) => record('eventInvokeConfig', config),
    },
    eventSourceMappings: { ensureMapping: (config) => record('mapping', config) },
    queueMappings: { ensureMapping: (config) => record('queueMapping', config) },
    sqs: {
      ensureQueue: (queue) => record('queue', queue),
      setPolicy: (arn, policy) => record('queuePolicy', { arn, policy }),
    },
    eventBridge: {
      ensureBus: (name) => record('bus', name),
      ensureRule: (rule) => record('rule', rule),
    },
    cloudWatch: {
      ensureAlarm: (alarm) => record('alarm', alarm),
      ensureTopic: (topicArn) => record('topic', topicArn),
      ensureSubscription: (subscription) => record('subscription', subscription),
    },
    scheduler: { ensureSchedule: (schedule) => record('schedule', schedule) },
    apiGateway: {
      ensureApi: (api) => record('api', api),
      ensureIntegration: (integration) => record('integration', integration),
      ensureRoute: (route) => record('route', route),
      ensureStage: (stage) => record('stage', stage),
    },
    secretsManager: { ensureSecret: (secret) => record('secret', secret) },
    ssm: { ensureParameter: (parameter) => record('parameter', parameter) },
    iam: {
      ensureRole: (role) => record('role', role),
      ensureRolePolicy: (roleName, policy) => record('rolePolicy', { roleName, ...policy }),
      ensureResourcePolicy: (resource, policy) => record('resourcePolicy', { resource, ...policy }),
      assumeRole: ({ roleArn }) => ({ kind: 'role', roleName: 'role', roleArn, arn: roleArn }),
    },
  };
  return { services, calls };
}

export interface StackFixture {
  readonly template: Readonly<Record<string, unknown>>;
  readonly dependencies?: readonly string[];
  /** Object key to path below the assembly. */
  readonly assets?: Readonly<Record<string, string>>;
}

/** Writes a cloud assembly with the given stacks, in the order given. */
export function writeAssembly(
  directory: string,
  stacks: Readonly<Record<string, StackFixture>>,
): void {
  mkdirSync(directory, { recursive: true });
  const artifacts: Record<string, unknown> = {};
  for (const [name, { template, dependencies = [], assets = {} }] of Object.entries(stacks)) {
    artifacts[`${name}.assets`] = {
      type: 'cdk:asset-manifest',
      properties: { file: `${name}.assets.json` },
    };
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      properties: { templateFile: `${name}.template.json` },
      dependencies: [...dependencies, `${name}.assets`],
    };
    const files = Object.entries(assets).map(([objectKey, source]) => [
      objectKey,
      {
        source: { path: source, packaging: 'zip' },
        destinations: { here: { bucketName: 'assets', objectKey } },
      },
    ]);
    writeJson(directory, `${name}.assets.json`, {
      files: Object.fromEntries(files),
      dockerImages: {},
    });
    writeJson(directory, `${name}.template.json`, template);
  }
  writeJson(directory, 'manifest.json', { version: '55.0.0', artifacts });
}

export function writeJson(directory: string, file: string, value: unknown): void {
  writeFileSync(path.join(directory, file), JSON.stringify(value));
}

/** Assembly with one stack of these resources. */
export function oneStack(
  resources: Readonly<Record<string, unknown>>,
  sections: Readonly<Record<string, unknown>> = {},
): Assembly {
  return {
    directory: '/assembly',
    stacks: [{ name: 'app', template: { Resources: resources, ...sections }, assets: new Map() }],
  };
}

/** Temporary folder that is removed by the returned function. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-assembly-'));
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
