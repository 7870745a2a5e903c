import path from 'node:path';
import { deployAssembly } from './assembly/deploy-assembly.ts';
import { loadAssembly } from './assembly/load-assembly.ts';
import { measuredFunctions } from './cloudwatch/function-health.ts';
import { createAccessControl } from './gateway/access-control.ts';
import { startGateway } from './gateway/gateway.ts';
import { checkpointsOf, type LocalCloudHealth } from './local-cloud-health.ts';
import type { LocalCloudOptions } from './local-cloud-options.ts';
import { type Compute, openCompute } from './open-compute.ts';
import { openStores, type Stores } from './open-stores.ts';
import { replaceFile } from './replace-file.ts';
import type { HttpService } from './services.ts';
import { createStsService } from './sts/sts-service.ts';

export interface RunningLocalCloud {
  readonly endpoint: string;
  /** As far as it is known without asking: a Kafka topic may have grown meanwhile. */
  health(): LocalCloudHealth;
  freshHealth(): Promise<LocalCloudHealth>;
  close(): Promise<void>;
}

/**
 * Brings up every emulated service on the kept state, deploys the assembly into them and starts the event
 * source mappings. Throws USAGE when the port is taken, FEATURE_UNSUPPORTED when the template holds
 * something that is not emulated; what was open by then is closed.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<RunningLocalCloud> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  try {
    return { ...(await bringUp(options, (closeOne) => closers.push(closeOne))), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** `onClose` takes what has to be closed, the last one first. */
async function bringUp(
  options: LocalCloudOptions,
  onClose: (closeOne: () => Promise<void>) => void,
): Promise<Omit<RunningLocalCloud, 'close'>> {
  const opened = <T extends { close(): Promise<void> }>(service: T): T => {
    onClose(() => service.close());
    return service;
  };
  const assembly = loadAssembly(options.assemblyDir);
  // The functions need the endpoint, and the gateway is what gives it: what comes later is filled in.
  const later: Later = { compute: null, freshHealth: null };
  const stores = await openStores(options, {
    opened,
    logAlarm: (line) => later.compute?.logs.write('alarms', line),
  });
  const { endpoint } = opened(await openGateway(options.port, stores, later));
  const compute = openCompute(options, { stores, endpoint, opened });
  later.compute = compute;
  const deployment = await deployAssembly(
    assembly,
    { ...stores, ...compute },
    {
      stateDir: path.join(options.stateDir, 'assembly'),
      endpoint,
      log: (line) => compute.logs.write('deployment', line),
    },
  );
  const { eventSourceMappings, queueMappings, eventBridge, lambda } = compute;
  const health = (): LocalCloudHealth => ({
    pid: process.pid,
    endpoint,
    pending: eventSourceMappings.pending() || eventBridge.pending() || queueMappings.pending(),
    checkpoints: checkpointsOf(eventSourceMappings, stores),
    stacks: deployment.stacks,
    outputs: deployment.outputs,
    children: lambda.childPids(),
    alarms: stores.cloudWatch.alarms(),
    functions: measuredFunctions(stores.cloudWatch, Date.now()),
    delegates: Object.fromEntries(
      Object.entries(options.delegates ?? {}).map(([service, { url }]) => [service, url]),
    ),
  });
  const freshHealth = async (): Promise<LocalCloudHealth> => {
    await stores.kafka.refresh();
    return health();
  };
  later.freshHealth = freshHealth;
  compute.start();
  replaceFile(options.cloudFile, JSON.stringify({ pid: process.pid, endpoint }));
  return { endpoint, health, freshHealth };
}

/** What the gateway leads to and is opened after it. */
interface Later {
  compute: Compute | null;
  freshHealth: (() => Promise<LocalCloudHealth>) | null;
}

function openGateway(port: number, stores: Stores, later: Later) {
  const toCompute = (service: 'lambda' | 'eventBridge' | 'apiGateway'): HttpService => ({
    handle: (request, response) => later.compute?.[service].handle(request, response),
    close: async () => {},
  });
  const { s3, kinesis, kafka, glue, athena, sqs, ssm, iam, secretsManager } = stores;
  return startGateway({
    port,
    services: {
      s3,
      kinesis,
      kafka,
      glue,
      athena,
      dynamodb: stores.dynamoDb,
      monitoring: stores.cloudWatch,
      secretsmanager: secretsManager,
      sqs,
      ssm,
      events: toCompute('eventBridge'),
      sts: createStsService({ iam }),
      lambda: toCompute('lambda'),
    },
    health: () => later.freshHealth?.() ?? { pid: process.pid, starting: true },
    calls: () => iam.journal(),
    httpApis: toCompute('apiGateway'),
    access: createAccessControl({ iam, athena, secretsManager, ssm, dynamoDb: stores.dynamoDb }),
  });
}
