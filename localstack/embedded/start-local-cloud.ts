import path from 'node:path';
import { createApiGatewayService } from './apigateway/apigateway-service.ts';
import { deployAssembly } from './assembly/deploy-assembly.ts';
import { loadAssembly } from './assembly/load-assembly.ts';
import { createAthenaService } from './athena/athena-service.ts';
import { createCloudWatchService } from './cloudwatch/cloudwatch-service.ts';
import { readEmbeddedMetrics } from './cloudwatch/embedded-metrics.ts';
import { type FunctionHealth, measuredFunctions } from './cloudwatch/function-health.ts';
import { openDynamoDbService } from './dynamodb/dynamodb-service.ts';
import { createAccessControl } from './gateway/access-control.ts';
import { startGateway } from './gateway/gateway.ts';
import { createGlueService } from './glue/glue-service.ts';
import { createIamService } from './iam/iam-service.ts';
import { createKinesisService } from './kinesis/kinesis-service.ts';
import { createEventSourceMappings } from './lambda/event-source-mappings.ts';
import { openFunctionLogs } from './lambda/function-logs.ts';
import { createLambdaService } from './lambda/lambda-service.ts';
import { replaceFile } from './replace-file.ts';
import { openS3Service } from './s3/s3-service.ts';
import { createScheduler } from './scheduler/scheduler-service.ts';
import type {
  AlarmView,
  ApiGatewayService,
  EventSourceMappings,
  KinesisService,
  LambdaService,
} from './services.ts';
import { createStsService } from './sts/sts-service.ts';

export interface LocalCloudOptions {
  /** Folder of a synthesized cloud assembly. */
  readonly assemblyDir: string;
  /** Folder of the services' data; kept over restarts. */
  readonly stateDir: string;
  /** One log file per function, and one each for the deployment and the mappings. */
  readonly logDir: string;
  /** File that tells other processes where the endpoint is, written once everything is up. */
  readonly cloudFile: string;
  /** 0 takes a free port. */
  readonly port: number;
}

export interface LocalCloudHealth {
  readonly pid: number;
  readonly endpoint: string;
  /** Records wait on a shard, or a function is at work. */
  readonly pending: boolean;
  /** Mapping and shard to the last sequence number done with: moves while records are taken in. */
  readonly checkpoints: Readonly<Record<string, string | null>>;
  readonly stacks: readonly { readonly name: string; readonly resources: number }[];
  /** Stack name to output name to value. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Processes of the functions. */
  readonly children: readonly number[];
  readonly alarms: readonly AlarmView[];
  /** Functions that were invoked since the start. */
  readonly functions: readonly FunctionHealth[];
}

export interface RunningLocalCloud {
  readonly endpoint: string;
  health(): LocalCloudHealth;
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
  const folder = (service: string): string => path.join(options.stateDir, service);
  const opened = <T extends { close(): Promise<void> }>(service: T): T => {
    onClose(() => service.close());
    return service;
  };
  const assembly = loadAssembly(options.assemblyDir);
  // First: LevelDB's lock keeps a second local cloud off the state.
  const dynamoDb = opened(await openDynamoDbService({ stateDir: folder('dynamodb') }));
  const s3 = opened(openS3Service({ stateDir: folder('s3'), nowMs: Date.now }));
  const kinesis = opened(createKinesisService({ stateDir: folder('kinesis') }));
  const glue = opened(createGlueService({ stateDir: folder('glue'), s3 }));
  const athena = opened(createAthenaService({ stateDir: folder('athena'), s3, glue }));
  const iam = createIamService();
  // The functions need the endpoint, and the gateway is what gives it: what comes later is filled in.
  const later: {
    lambda?: LambdaService;
    apiGateway?: ApiGatewayService;
    health?: () => LocalCloudHealth;
    logAlarm?: (line: string) => void;
  } = {};
  const cloudWatch = opened(
    createCloudWatchService({ iam, logAlarm: (line) => later.logAlarm?.(line) }),
  );
  const gateway = opened(
    await startGateway({
      port: options.port,
      services: {
        s3,
        kinesis,
        glue,
        athena,
        dynamodb: dynamoDb,
        monitoring: cloudWatch,
        sts: createStsService({ iam }),
        lambda: {
          handle: (request, response) => later.lambda?.handle(request, response),
          close: async () => {},
        },
      },
      health: () => later.health?.() ?? { pid: process.pid, starting: true },
      calls: () => iam.journal(),
      httpApis: {
        handle: (request, response) => later.apiGateway?.handle(request, response),
        close: async () => {},
      },
      access: createAccessControl({ iam, athena }),
    }),
  );
  const lambda = createLambdaService({
    endpointUrl: gateway.endpoint,
    iam,
    eventSourceMappings: () => mappings,
    metrics: cloudWatch,
  });
  later.lambda = lambda;
  const logs = openFunctionLogs(lambda, options.logDir);
  later.logAlarm = (line) => logs.write('alarms', line);
  lambda.onLog(({ text }) => {
    for (const datum of readEmbeddedMetrics(text)) cloudWatch.put(datum);
  });
  onClose(async () => logs.close());
  opened(lambda);
  const mappings = opened(
    createEventSourceMappings({
      stateDir: folder('mappings'),
      kinesis,
      lambda,
      s3,
      iam,
      metrics: cloudWatch,
      onNotice: (text) => logs.write('event-source-mappings', text),
    }),
  );
  const scheduler = opened(
    createScheduler({
      stateDir: folder('scheduler'),
      lambda,
      iam,
      onNotice: (text) => logs.write('scheduler', text),
    }),
  );
  const apiGateway = createApiGatewayService({
    lambda,
    iam,
    metrics: cloudWatch,
    onAccessLog: (logGroup, line) => logs.write(logGroup.replaceAll('/', '.').slice(1), line),
  });
  later.apiGateway = apiGateway;
  const services = {
    s3,
    kinesis,
    dynamoDb,
    glue,
    athena,
    lambda,
    eventSourceMappings: mappings,
    iam,
    cloudWatch,
    scheduler,
    apiGateway,
  };
  const deployment = await deployAssembly(assembly, services, {
    stateDir: folder('assembly'),
    endpoint: gateway.endpoint,
    log: (line) => logs.write('deployment', line),
  });
  const health = (): LocalCloudHealth => ({
    pid: process.pid,
    endpoint: gateway.endpoint,
    pending: mappings.pending(),
    checkpoints: checkpointsOf(mappings, kinesis),
    stacks: deployment.stacks,
    outputs: deployment.outputs,
    children: lambda.childPids(),
    alarms: cloudWatch.alarms(),
    functions: measuredFunctions(cloudWatch, Date.now()),
  });
  later.health = health;
  mappings.start();
  scheduler.start();
  cloudWatch.start();
  replaceFile(options.cloudFile, JSON.stringify({ pid: process.pid, endpoint: gateway.endpoint }));
  return { endpoint: gateway.endpoint, health };
}

function checkpointsOf(
  mappings: EventSourceMappings,
  kinesis: KinesisService,
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    mappings
      .list()
      .flatMap(({ id, streamName }) =>
        kinesis
          .listShards(streamName)
          .map(({ shardId }) => [`${streamName}/${shardId}`, mappings.checkpoint(id, shardId)]),
      ),
  );
}
