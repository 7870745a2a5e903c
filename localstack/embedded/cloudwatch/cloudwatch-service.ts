import { type JsonOperation, serveJson } from '#embedded/gateway/json-protocol.ts';
import { type GatewayFailure, writeFailure } from '#embedded/gateway/write-failure.ts';
import type { CloudWatchService, IamService } from '#embedded/services.ts';
import { type Alarm, createAlarmBoard } from './alarm-board.ts';
import { createMetricStore, type MetricStore } from './metric-store.ts';
import { describeAlarms } from './operations/describe-alarms.ts';
import { getMetricStatistics, listMetrics } from './operations/read-metrics.ts';
import { createTopics } from './topics.ts';

export interface CloudWatchOptions {
  /** Takes one line per change of an alarm's state. */
  readonly logAlarm: (line: string) => void;
  /** Decides whether alarms may publish to their topic. @default they may */
  readonly iam?: Pick<IamService, 'authorize'>;
  /** Epoch milliseconds. @default Date.now */
  readonly nowMs?: () => number;
  /** How often alarms are evaluated. @default 5000 */
  readonly evaluationIntervalMs?: number;
}

const EVALUATION_INTERVAL_MS = 5000;

const OTHER_PROTOCOL: GatewayFailure = {
  status: 400,
  code: 'InvalidAction',
  message:
    'the local cloud serves CloudWatch in the AWS JSON 1.0 protocol (X-Amz-Target), which the AWS CLI, boto3 and the AWS SDKs of today speak; update the client',
};

/** CloudWatch with what its neighbours in this process read. */
export interface LocalCloudWatch
  extends CloudWatchService,
    Pick<MetricStore, 'latest' | 'statistic' | 'list'> {
  /** Judges every alarm now. */
  evaluate(): void;
}

/**
 * CloudWatch: metrics of a day by the minute, and alarms on them. It lives in memory: after a start it knows nothing. Served in
 * the AWS JSON 1.0 protocol, which AWS CLI, boto3 and the AWS SDKs of today speak; the older query protocol is refused.
 */
export function createCloudWatchService(options: CloudWatchOptions): LocalCloudWatch {
  const nowMs = options.nowMs ?? Date.now;
  const store = createMetricStore({ nowMs });
  const topics = createTopics(options.iam);
  const board = createAlarmBoard({ store, topics, nowMs, log: options.logAlarm });
  let timer: NodeJS.Timeout | undefined;
  /** Who asks does not have to wait for the next evaluation. */
  const currentAlarms = (): readonly Alarm[] => {
    if (timer !== undefined) board.evaluate();
    return board.list();
  };
  const operations: Readonly<Record<string, JsonOperation>> = {
    DescribeAlarms: (input) => describeAlarms(currentAlarms(), input),
    GetMetricStatistics: (input) => getMetricStatistics(store, input),
    ListMetrics: (input) => listMetrics(store, input),
  };
  return {
    ...store,
    handle: async (request, response) => {
      if (request.headers['x-amz-target'] === undefined) {
        writeFailure(response, OTHER_PROTOCOL, { protocol: 'query-xml' });
        return;
      }
      const contentType = 'application/x-amz-json-1.0';
      await serveJson(operations, request, { response, contentType });
    },
    ensureAlarm: board.ensureAlarm,
    ensureTopic: topics.ensureTopic,
    ensureSubscription: topics.ensureSubscription,
    evaluate: board.evaluate,
    alarms: () =>
      currentAlarms().map(({ name, description, state, reason, sinceMs }) => ({
        name,
        description,
        state,
        reason,
        sinceMs,
      })),
    start: () => {
      if (timer !== undefined) return;
      board.evaluate();
      timer = setInterval(board.evaluate, options.evaluationIntervalMs ?? EVALUATION_INTERVAL_MS);
      timer.unref();
    },
    close: async () => clearInterval(timer),
  };
}
