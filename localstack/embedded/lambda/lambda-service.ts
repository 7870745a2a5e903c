import { existsSync } from 'node:fs';
import type {
  EventSourceMappings,
  LambdaFunctionConfig,
  LambdaService,
  MetricsService,
} from '#embedded/services.ts';
import { serveControlApi } from './control-api.ts';
import { functionNameOf } from './function-name.ts';
import { putInvocationMetrics, putThrottle } from './invocation-metrics.ts';
import {
  functionNotFound,
  isThrottle,
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
  /** Longest time from the start of a process to its first question for work. @default 10_000 */
  readonly initTimeoutMs?: number;
  /** How long a warm sandbox waits for the next invocation. @default 300_000 */
  readonly idleTimeoutMs?: number;
  /** Waits before the second and third attempt of an asynchronous invocation. @default [60_000, 120_000] */
  readonly asyncRetryDelaysMs?: readonly number[];
  /** Takes Invocations, Errors, Duration and Throttles. @default nobody */
  readonly metrics?: MetricsService;
}

const INIT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 300_000;
const ASYNC_RETRY_DELAYS_MS = [60_000, 120_000];
/** Before a throttled asynchronous invocation is tried again. Source: AWS Lambda, asynchronous invocation: 1 second at first. */
const THROTTLED_DELAY_MS = 1000;

/** Lambda: functions run as child processes behind the real Runtime API. */
export function createLambdaService(options: LambdaOptions): LambdaService {
  const pools = new Map<string, FunctionPool>();
  const listeners = new Set<(line: { functionName: string; text: string }) => void>();
  const retryTimers = new Set<NodeJS.Timeout>();
  const orphanGuard = startOrphanGuard();
  let isClosed = false;
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
      void attempt(nameOrArn, payload, options.asyncRetryDelaysMs ?? ASYNC_RETRY_DELAYS_MS);
    },
  };

  const attempt = async (
    nameOrArn: string,
    payload: Buffer,
    retryDelaysMs: readonly number[],
  ): Promise<void> => {
    let isDone: boolean;
    try {
      isDone = (await functions.invoke(nameOrArn, payload)).outcome.kind === 'success';
    } catch (error) {
      // Throttling uses up no attempt. Otherwise the service is closing: an asynchronous invocation lives in memory and ends here.
      if (isThrottle(error))
        attemptLater(nameOrArn, payload, [THROTTLED_DELAY_MS, ...retryDelaysMs]);
      return;
    }
    if (!isDone) attemptLater(nameOrArn, payload, retryDelaysMs);
  };

  const attemptLater = (
    nameOrArn: string,
    payload: Buffer,
    [delayMs, ...laterMs]: readonly number[],
  ): void => {
    if (delayMs === undefined || isClosed) return;
    const timer = setTimeout(() => {
      retryTimers.delete(timer);
      void attempt(nameOrArn, payload, laterMs);
    }, delayMs);
    timer.unref();
    retryTimers.add(timer);
  };

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
    roleArnOf: (nameOrArn) => find(nameOrArn)?.config.roleArn ?? null,
    invoke: async (nameOrArn, payload) => (await functions.invoke(nameOrArn, payload)).outcome,
    invokeLater: (nameOrArn, payload) => {
      if (find(nameOrArn) === undefined) throw functionNotFound(nameOrArn);
      functions.invokeLater(nameOrArn, payload);
    },
    onLog: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    childPids: () => allPools().flatMap((pool) => pool.pids),
    close: async () => {
      isClosed = true;
      for (const timer of retryTimers) clearTimeout(timer);
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
