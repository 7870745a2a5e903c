import { localArn } from '#embedded/assembly/local-arn.ts';
import type { AlarmConfig, AlarmState, AlarmView } from '#embedded/services.ts';
import { readDatapoints } from './alarm-datapoints.ts';
import { evaluateAlarm, type Verdict } from './evaluate-alarm.ts';
import type { MetricStore } from './metric-store.ts';
import type { Topics } from './topics.ts';

/** An alarm with its settings. */
export interface Alarm extends AlarmView {
  readonly config: AlarmConfig;
}

export interface AlarmBoard {
  ensureAlarm(config: AlarmConfig): void;
  /** Judges every alarm by the metrics as they are now. */
  evaluate(): void;
  list(): readonly Alarm[];
}

export interface AlarmBoardOptions {
  readonly store: Pick<MetricStore, 'statistic'>;
  readonly topics: Pick<Topics, 'has' | 'notify'>;
  readonly nowMs: () => number;
  /** One line per change of a state. */
  readonly log: (line: string) => void;
}

/** The alarms of the template. States live in memory: after a start an alarm knows nothing yet. */
export function createAlarmBoard(options: AlarmBoardOptions): AlarmBoard {
  const { store, topics, nowMs, log } = options;
  const startedMs = nowMs();
  const alarms = new Map<string, Alarm>();

  const change = (alarm: Alarm, state: AlarmState, reason: string): void => {
    const { name, config } = alarm;
    alarms.set(name, { ...alarm, state, reason, sinceMs: nowMs() });
    const alarmArn = localArn('cloudwatch', `alarm:${name}`);
    const told = config.actions[state].map((arn) => `; ${topics.notify(arn, alarmArn)}`);
    log(`${name}: ${alarm.state} -> ${state}: ${reason}${told.join('')}`);
  };

  return {
    ensureAlarm: (config) => {
      checkActions(config, topics);
      const { name, description } = config;
      const known = alarms.get(name);
      // As with PutMetricAlarm, an alarm that is changed keeps its state until it is judged again.
      const alarm: Alarm =
        known === undefined
          ? { config, name, description, ...UNKNOWN, sinceMs: nowMs() }
          : { ...known, config, description };
      alarms.set(name, alarm);
    },
    evaluate: () => {
      for (const alarm of [...alarms.values()]) {
        const { state, reason } = judge(alarm.config, { store, nowMs: nowMs(), startedMs });
        if (state !== null && state !== alarm.state) change(alarm, state, reason);
      }
    },
    list: () => [...alarms.values()],
  };
}

const UNKNOWN = { state: 'INSUFFICIENT_DATA', reason: 'not evaluated yet' } as const;

function judge(
  config: AlarmConfig,
  at: {
    readonly store: Pick<MetricStore, 'statistic'>;
    readonly nowMs: number;
    readonly startedMs: number;
  },
): Verdict {
  const { values, startMs } = readDatapoints(config, at.store, at.nowMs);
  const isComplete = values.filter((value) => value !== null).length >= config.evaluationPeriods;
  // Nothing is measured while the local cloud is down: that is no silence of the function.
  if (config.treatMissingData === 'breaching' && !isComplete && startMs < at.startedMs) {
    return { state: null, reason: '' };
  }
  return evaluateAlarm(config, values);
}

function checkActions(config: AlarmConfig, topics: Pick<Topics, 'has'>): void {
  for (const arn of Object.values(config.actions).flat()) {
    if (topics.has(arn)) continue;
    throw new Error(
      `alarm ${config.name}: expected the ARN of a topic of the template as action, got ${arn}`,
    );
  }
}
