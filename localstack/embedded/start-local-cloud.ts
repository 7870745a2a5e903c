import path from 'node:path';
import type { BackendEndpoints, DelegableService } from '#runtime/backend-endpoints.ts';
import { openDelegates } from '../compose/open-delegates.ts';
import { createApiGatewayService } from './apigateway/apigateway-service.ts';
import { deployAssembly } from './assembly/deploy-assembly.ts';
import { loadAssembly } from './assembly/load-assembly.ts';
import { createAthenaService } from './athena/athena-service.ts';
import { createCloudWatchService } from './cloudwatch/cloudwatch-service.ts';
import { readEmbeddedMetrics } from './cloudwatch/embedded-metrics.ts';
import { type FunctionHealth, measuredFunctions } from './cloudwatch/function-health.ts';
import { openDynamoDbService } from './dynamodb/dynamodb-service.ts';
import { openEventBridge } from './eventbridge/eventbridge-service.ts';
import type { TargetServices } from './eventbridge/invoke-target.ts';
import { createAccessControl } from './gateway/access-control.ts';
import { startGateway } from './gateway/gateway.ts';
import { createGlueService } from './glue/glue-service.ts';
import { createIamService } from './iam/iam-service.ts';
import { createKafkaService, type EmbeddedKafka } from './kafka/kafka-service.ts';
import { createKinesisService } from './kinesis/kinesis-service.ts';
import { formatOf } from './lambda/event-source/mapping-format.ts';
import { createEventSourceMappings } from './lambda/event-source-mappings.ts';
import { openFunctionLogs } from './lambda/function-logs.ts';
import { createLambdaService } from './lambda/lambda-service.ts';
import { createQueueMappings } from './lambda/queue-source/queue-mappings.ts';
import { replaceFile } from './replace-file.ts';
import { openS3Service } from './s3/s3-service.ts';
import { createScheduler } from './scheduler/scheduler-service.ts';
import { createSecretsManagerService } from './secretsmanager/secretsmanager-service.ts';
import type {
  AlarmView,
  ApiGatewayService,
  EventBridgeService,
  EventSourceMappings,
  KinesisService,
  LambdaService,
  S3Service,
} from './services.ts';
import { openSqsService } from './sqs/sqs-service.ts';
import { createSsmService } from './ssm/ssm-service.ts';
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
  /** What `npm run kafka:up` wrote; read when the template has topics. @default no broker runs */
  readonly brokerFile?: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Services that other programs serve. @default none */
  readonly delegates?: BackendEndpoints;
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
  /** Services that other programs serve, and where; the others are embedded. */
  readonly delegates: Readonly<Partial<Record<DelegableService, string>>>;
}

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
  const folder = (service: string): string => path.join(options.stateDir, service);
  const opened = <T extends { close(): Promise<void> }>(service: T): T => {
    onClose(() => service.close());
    return service;
  };
  const assembly = loadAssembly(options.assemblyDir);
  // First: LevelDB's lock keeps a second local cloud off the state.
  const delegates = openDelegates(options.delegates ?? {}, { stateDir: options.stateDir });
  const dynamoDb = opened(
    await (delegates.dynamoDb() ?? openDynamoDbService({ stateDir: folder('dynamodb') })),
  );
  const s3: S3Service = opened(
    await (delegates.s3() ?? openS3Service({ stateDir: folder('s3'), nowMs: Date.now })),
  );
  const kinesis = opened(
    await (delegates.kinesis() ?? createKinesisService({ stateDir: folder('kinesis') })),
  );
  const kafka = opened(createKafkaService({ brokerFile: options.brokerFile ?? null }));
  const glue = opened(createGlueService({ stateDir: folder('glue'), s3 }));
  const athena = opened(createAthenaService({ stateDir: folder('athena'), s3, glue }));
  const secretsManager = opened(
    createSecretsManagerService({ stateDir: folder('secretsmanager') }),
  );
  const ssm = opened(createSsmService({ stateDir: folder('ssm') }));
  const iam = createIamService();
  // The functions need the endpoint, and the gateway is what gives it: what comes later is filled in.
  const later: {
    lambda?: LambdaService;
    apiGateway?: ApiGatewayService;
    eventBridge?: EventBridgeService;
    freshHealth?: () => Promise<LocalCloudHealth>;
    logAlarm?: (line: string) => void;
  } = {};
  const cloudWatch = opened(
    createCloudWatchService({ iam, logAlarm: (line) => later.logAlarm?.(line) }),
  );
  const sqs = opened(openSqsService({ stateDir: folder('sqs'), iam, metrics: cloudWatch }));
  const gateway = opened(
    await startGateway({
      port: options.port,
      services: {
        s3,
        kinesis,
        kafka,
        glue,
        athena,
        dynamodb: dynamoDb,
        monitoring: cloudWatch,
        secretsmanager: secretsManager,
        sqs,
        events: {
          handle: (request, response) => later.eventBridge?.handle(request, response),
          close: async () => {},
        },
        ssm,
        sts: createStsService({ iam }),
        lambda: {
          handle: (request, response) => later.lambda?.handle(request, response),
          close: async () => {},
        },
      },
      health: () => later.freshHealth?.() ?? { pid: process.pid, starting: true },
      calls: () => iam.journal(),
      httpApis: {
        handle: (request, response) => later.apiGateway?.handle(request, response),
        close: async () => {},
      },
      access: createAccessControl({ iam, athena, secretsManager, ssm }),
    }),
  );
  const lambda = createLambdaService({
    endpointUrl: gateway.endpoint,
    iam,
    eventSourceMappings: () => mappings,
    queueMappings: () => queueMappings,
    stateDir: folder('lambda'),
    sqs,
    roleCalls: iam,
    onNotice: (text) => logs.write('asynchronous-invocations', text),
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
      kafka: kafka.streams,
      lambda,
      s3,
      iam,
      metrics: cloudWatch,
      onNotice: (text) => logs.write('event-source-mappings', text),
    }),
  );
  const queueMappings = opened(
    createQueueMappings({
      stateDir: folder('queue-mappings'),
      sqs,
      lambda,
      iam,
      metrics: cloudWatch,
      onNotice: (text) => logs.write('event-source-mappings', text),
    }),
  );
  const eventBridge = opened(
    openEventBridge({
      stateDir: folder('eventbridge'),
      services: { lambda, sqs, iam, putRecord: recordWriter(kinesis) },
      metrics: cloudWatch,
      onNotice: (text) => logs.write('eventbridge', text),
    }),
  );
  later.eventBridge = eventBridge;
  const scheduler = opened(
    createScheduler({
      stateDir: folder('scheduler'),
      lambda,
      sqs,
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
    kafka,
    dynamoDb,
    glue,
    athena,
    lambda,
    eventSourceMappings: mappings,
    queueMappings,
    sqs,
    eventBridge,
    iam,
    cloudWatch,
    scheduler,
    apiGateway,
    secretsManager,
    ssm,
  };
  const deployment = await deployAssembly(assembly, services, {
    stateDir: folder('assembly'),
    endpoint: gateway.endpoint,
    log: (line) => logs.write('deployment', line),
  });
  const health = (): LocalCloudHealth => ({
    pid: process.pid,
    endpoint: gateway.endpoint,
    pending: mappings.pending() || eventBridge.pending() || queueMappings.pending(),
    checkpoints: checkpointsOf(mappings, { kinesis, kafka }),
    stacks: deployment.stacks,
    outputs: deployment.outputs,
    children: lambda.childPids(),
    alarms: cloudWatch.alarms(),
    functions: measuredFunctions(cloudWatch, Date.now()),
    delegates: Object.fromEntries(
      Object.entries(options.delegates ?? {}).map(([service, { url }]) => [service, url]),
    ),
  });
  const freshHealth = async (): Promise<LocalCloudHealth> => {
    await kafka.refresh();
    return health();
  };
  later.freshHealth = freshHealth;
  mappings.start();
  queueMappings.start();
  lambda.resume();
  eventBridge.start();
  s3.sendEventsTo((event) => eventBridge.accept(event));
  scheduler.start();
  cloudWatch.start();
  replaceFile(options.cloudFile, JSON.stringify({ pid: process.pid, endpoint: gateway.endpoint }));
  return { endpoint: gateway.endpoint, health, freshHealth };
}

function recordWriter(kinesis: KinesisService): TargetServices['putRecord'] {
  return (streamName, record) => {
    if (kinesis.putRecord !== undefined) return kinesis.putRecord(streamName, record);
    throw new Error('streams of another program are no targets of rules here');
  };
}

/** Of the mapping that is furthest behind, where several read a shard. */
/** Of a partition by its number alone, as its stream lists it. */
function checkpointsOf(
  mappings: EventSourceMappings,
  sources: { readonly kinesis: KinesisService; readonly kafka: EmbeddedKafka },
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    mappings.list().flatMap((mapping) => {
      const { id, streamName, kafka } = mapping;
      const source = kafka === undefined ? sources.kinesis : sources.kafka.streams;
      return shardsOf(source, streamName).map((shardId) => [
        `${streamName}/${formatOf(mapping).shardName(shardId)}`,
        mappings.checkpoint(id, shardId),
      ]);
    }),
  );
}

/** None while a broker does not answer: the rest of the health is still worth knowing. */
function shardsOf(
  source: Pick<KinesisService, 'listShards'>,
  streamName: string,
): readonly string[] {
  try {
    return source.listShards(streamName).map(({ shardId }) => shardId);
  } catch {
    return [];
  }
}
