import { existsSync } from 'node:fs';
import type {
  AsyncLambdaService,
  EventSourceMappings,
  LambdaFunctionConfig,
  LambdaService,
  MetricsService,
  QueueMappings,
  SqsService,
} from '#embedded/services.ts';
import { AsyncInvocations } from './async/async-invocations.ts';
import { serveControlApi } from './control-api.ts';
import { PlatformAccess, type RoleCalls } from './event-source/platform-access.ts';
import { functionNameOf } from './function-name.ts';
import { putInvocationMetrics, putThrottle } from './invocation-metrics.ts';
import {
  functionNotFound,
  type LambdaFunctions,
  requestTooLarge,
  throttled,
} from './lambda-functions.ts';
import { FunctionPool } from './sandbox/function-pool.ts';
import { MAX_REQUEST_BYTES } from './sandbox/invocation-outcome.ts';
import { watchMemory } from './sandbox/memory-watch.ts';
import { startOrphanGuard } from './sandbox/orphan-guard.ts';
import { reservedVariables } from './sandbox/sandbox-environment.ts';
import type { SandboxIam } from './sandbox/sandbox-session.ts';

export interface LambdaOptions {
  /** AWS_ENDPOINT_URL of the sandboxes; null leaves it out. */
  readonly endpointUrl: string | null;
  /** Gives functions credentials of their roles. @default they call with the administrator's key */
  readonly iam?: SandboxIam;
  /** What the API of event source mappings works on. @default it answers that it is not emulated */
  readonly eventSourceMappings?: () => EventSourceMappings;
  /** As eventSourceMappings, for those on queues. @default there are none */
  readonly queueMappings?: () => QueueMappings;
  /** Longest time from the start of a process to its first question for work. @default 10_000 */
  readonly initTimeoutMs?: number;
  /** How long a warm sandbox waits for the next invocation. @default 300_000 */
  readonly idleTimeoutMs?: number;
  /** Waits before the second and third attempt of an asynchronous invocation. @default [60_000, 120_000] */
  readonly asyncRetryDelaysMs?: readonly number[];
  /** Folder of accepted asynchronous invocations. @default they live in memory */
  readonly stateDir?: string;
  /** Destinations of asynchronous invocations. @default there are none */
  readonly sqs?: Pick<SqsService, 'send'>;
  /** Decides what Lambda does in the role of a function. @default everything is allowed */
  readonly roleCalls?: RoleCalls;
  /** What a developer should know: events that were dropped. @default ignored */
  readonly onNotice?: (text: string) => void;
  /** Takes Invocations, Errors, Duration and Throttles. @default nobody */
  readonly metrics?: MetricsService;
}

const INIT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 300_000;
const ASYNC_RETRY_DELAYS_MS = [60_000, 120_000];

/** Lambda: functions run as child processes behind the real Runtime API. */
export function createLambdaService(options: LambdaOptions): LambdaService & AsyncLambdaService {
  const pools = new Map<string, FunctionPool>();
  const listeners = new Set<(line: { functionName: string; text: string }) => void>();
  const orphanGuard = startOrphanGuard();
  const allPools = () => [...pools.values()];
  const stopMemoryWatch = watchMemory(() => allPools().flatMap((pool) => pool.watched));

  const find = (nameOrArn: string): FunctionPool | undefined => {
    const name = functionNameOf(nameOrArn);
    return name === null ? undefined : pools.get(name);
  };

  const functions: LambdaFunctions = {
    find: (nameOrArn) => find(nameOrArn)?.config ?? null,
    list: () => allPools().map((pool) => pool.config),
    eventSourceMappings: () => options.eventSourceMappings?.() ?? null,
    queueMappings: () => options.queueMappings?.() ?? null,
    invoke: async (nameOrArn, payload) => {
      const pool = find(nameOrArn);
      if (pool === undefined) throw functionNotFound(nameOrArn);
      if (payload.length > MAX_REQUEST_BYTES) throw requestTooLarge(MAX_REQUEST_BYTES);
      if (!pool.hasRoom) {
        if (options.metrics !== undefined)
          putThrottle(options.metrics, pool.config.name, Date.now());
        throw throttled();
      }
      const report = await pool.invoke(payload);
      if (options.metrics !== undefined) {
        const measured = { ...report, endedMs: Date.now() };
        putInvocationMetrics(options.metrics, pool.config.name, measured);
      }
      return report;
    },
    invokeLater: (nameOrArn, payload) => {
      const config = find(nameOrArn)?.config;
      if (config === undefined) throw functionNotFound(nameOrArn);
      asyncInvocations.accept(config, payload);
    },
  };
  const asyncInvocations = new AsyncInvocations({
    stateDir: options.stateDir ?? null,
    invoke: async (name, payload) => (await functions.invoke(name, payload)).outcome,
    retryDelaysMs: options.asyncRetryDelaysMs ?? ASYNC_RETRY_DELAYS_MS,
    sqs: options.sqs ?? null,
    access: new PlatformAccess(options.roleCalls, (name) => find(name)?.config.roleArn ?? null),
    metrics: options.metrics,
    onNotice: options.onNotice ?? (() => undefined),
  });

  return {
    handle: (request, response) => serveControlApi(functions, request, response),
    ensureFunction: (config) => {
      checkFunction(config);
      const pool = pools.get(config.name);
      if (pool === undefined) {
        const created = new FunctionPool(config, {
          endpointUrl: options.endpointUrl,
          initTimeoutMs: options.initTimeoutMs ?? INIT_TIMEOUT_MS,
          idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
          orphanGuard,
          iam: options.iam ?? null,
          onLine: (text) => {
            for (const listener of listeners) listener({ functionName: config.name, text });
          },
        });
        pools.set(config.name, created);
      } else if (JSON.stringify(pool.config) !== JSON.stringify(config)) {
        pool.update(config);
      }
    },
    hasFunction: (nameOrArn) => find(nameOrArn) !== undefined,
    timeoutMsOf: (nameOrArn) => find(nameOrArn)?.config.timeoutMs ?? null,
    roleArnOf: (nameOrArn) => find(nameOrArn)?.config.roleArn ?? null,
    invoke: async (nameOrArn, payload) => (await functions.invoke(nameOrArn, payload)).outcome,
    invokeLater: functions.invokeLater,
    ensureEventInvokeConfig: (config) => asyncInvocations.configure(config),
    resume: () => asyncInvocations.resume(),
    onLog: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    childPids: () => allPools().flatMap((pool) => pool.pids),
    close: async () => {
      asyncInvocations.close();
      stopMemoryWatch();
      await Promise.all(allPools().map((pool) => pool.close()));
      orphanGuard.close();
    },
  };
}

/** Limits of AWS::Lambda::Function. Source: Lambda quotas. */
function checkFunction(config: LambdaFunctionConfig): void {
  const problem = findProblem(config);
  if (problem !== null) throw new Error(`function ${config.name}: ${problem}`);
}

function findProblem(config: LambdaFunctionConfig): string | null {
  const { name, timeoutMs, memoryMb, maxConcurrency, codeDir, environment } = config;
  if (functionNameOf(name) !== name || name.length > 64) {
    return `FunctionName is ${JSON.stringify(name)}, expected 1 to 64 letters, digits, - and _`;
  }
  if (!(timeoutMs > 0 && timeoutMs <= 900_000)) {
    return `Timeout is ${timeoutMs / 1000} s, expected up to 900 s`;
  }
  if (!(memoryMb >= 128 && memoryMb <= 10_240)) {
    return `MemorySize is ${memoryMb} MB, expected 128 to 10240 MB`;
  }
  if (!(Number.isInteger(maxConcurrency) && maxConcurrency > 0)) {
    return `maxConcurrency is ${maxConcurrency}, expected a whole number above 0`;
  }
  if (!existsSync(codeDir)) return `Code is ${codeDir}, expected an existing folder`;
  const reserved = reservedVariables(environment);
  if (reserved.length > 0) {
    return `Environment sets ${reserved.join(', ')}, which Lambda reserves; use other names`;
  }
  return null;
}
