import { randomUUID } from 'node:crypto';
import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type { LambdaService, MetricsService, SqsService } from '#embedded/services.ts';
import { MappingDefinitions } from '../event-source/mapping-definitions.ts';
import { PlatformAccess, type RoleCalls } from '../event-source/platform-access.ts';
import type {
  QueueMappingChanges,
  QueueMappingConfig,
  QueueMappings,
  QueueMappingView,
} from '../queue-mapping-service.ts';
import { checkQueueAccess } from './queue-mapping-access.ts';
import { checkQueueMapping } from './queue-mapping-limits.ts';
import { QueueRunner } from './queue-runner.ts';

export interface QueueMappingsOptions {
  /** Folder of the mappings' settings. */
  readonly stateDir: string;
  readonly sqs: Pick<
    SqsService,
    'receive' | 'delete' | 'giveBack' | 'attributesOf' | 'pendingMessages'
  >;
  readonly lambda: Pick<LambdaService, 'hasFunction' | 'roleArnOf' | 'timeoutMsOf' | 'invoke'>;
  /** Decides and counts what a mapping does in the role of its function. @default everything is allowed */
  readonly iam?: RoleCalls;
  readonly metrics?: MetricsService;
  /** What a developer should know: a queue that cannot be read. @default ignored */
  readonly onNotice?: (text: string) => void;
  /** How long what failed the first time waits; doubled with each failure. @default 2000 */
  readonly retryDelayMs?: number;
  /** How long `close` waits for invocations in flight. @default 5000 */
  readonly closeGraceMs?: number;
}

const CLOSE_GRACE_MS = 5000;
const RETRY_DELAY_MS = 2000;

/** Event source mappings from SQS to Lambda. Retries, order and dead letters are the queue's; a kill repeats what was in flight. */
export function createQueueMappings(options: QueueMappingsOptions): QueueMappings {
  const { lambda, sqs } = options;
  const definitions = new MappingDefinitions<QueueMappingConfig>(options.stateDir);
  const access = new PlatformAccess(options.iam, lambda.roleArnOf);
  const runners = new Map<string, QueueRunner>();
  let isStarted = false;

  const check = (config: QueueMappingConfig): void => {
    checkQueueMapping(config, {
      queue: sqs.attributesOf(config.queueArn),
      functionTimeoutMs: lambda.timeoutMsOf(config.functionName),
    });
    checkQueueAccess(config, access);
  };
  const add = (config: QueueMappingConfig): QueueRunner => {
    const runner = new QueueRunner(config, {
      ...{ sqs, lambda, access },
      retryDelayMs: options.retryDelayMs ?? RETRY_DELAY_MS,
      metrics: options.metrics,
      onNotice: options.onNotice ?? (() => undefined),
    });
    runners.set(config.id, runner);
    if (isStarted) runner.start();
    return runner;
  };
  const require = (mappingId: string): QueueRunner => {
    const runner = runners.get(mappingId);
    if (runner !== undefined) return runner;
    const message = 'The resource you requested does not exist.';
    throw new AwsError('ResourceNotFoundException', message, 404);
  };
  for (const config of definitions.listCreated()) add(config);

  return {
    ensureMapping: (declared) => {
      check(declared);
      const config = definitions.declare(declared);
      const existing = runners.get(declared.id);
      if (existing === undefined) add(config);
      else existing.update(config);
    },
    create: (wanted) => {
      const config = { ...wanted, id: randomUUID() };
      check(config);
      requireNoSuchMapping(config, runners);
      definitions.change(config);
      return add(config).view;
    },
    update: (mappingId: string, changes: QueueMappingChanges): QueueMappingView => {
      const runner = require(mappingId);
      runner.requireSettled('update');
      const config = { ...runner.config, ...changes };
      check(config);
      definitions.change(config);
      runner.update(config);
      return runner.view;
    },
    delete: (mappingId) => {
      const runner = require(mappingId);
      runner.requireSettled('delete');
      definitions.remove(mappingId);
      void runner.remove().then(() => runners.delete(mappingId));
      return runner.view;
    },
    views: () => [...runners.values()].map(({ view }) => view),
    start: () => {
      isStarted = true;
      for (const runner of runners.values()) runner.start();
    },
    pending: () =>
      [...runners.values()].some(
        ({ config }) => config.enabled && sqs.pendingMessages(config.queueArn) > 0,
      ),
    close: async () => {
      const graceMs = options.closeGraceMs ?? CLOSE_GRACE_MS;
      await Promise.all([...runners.values()].map((runner) => runner.close(graceMs)));
    },
  };
}

/** A function reads a queue once. Source: recorded from the Lambda API. */
function requireNoSuchMapping(
  { queueArn, functionName }: QueueMappingConfig,
  runners: ReadonlyMap<string, QueueRunner>,
): void {
  const existing = [...runners.values()].find(
    ({ config }) => config.queueArn === queueArn && config.functionName === functionName,
  );
  if (existing === undefined) return;
  throw new AwsError(
    'ResourceConflictException',
    `An event source mapping with SQS arn (" ${queueArn} ") and function (" ${functionName} ") already exists. ` +
      `Please update or delete the existing mapping with UUID ${existing.config.id}`,
    409,
  );
}
