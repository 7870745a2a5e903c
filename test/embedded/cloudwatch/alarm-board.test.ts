import { describe, expect, it } from 'vitest';
import { createCloudWatchService } from '#embedded/cloudwatch/cloudwatch-service.ts';
import { createIamService } from '#embedded/iam/iam-service.ts';
import type { AlarmConfig, IamService } from '#embedded/services.ts';

const NOON = Date.UTC(2026, 0, 31, 12);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:sluice-local-alarms';
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/1';

const ERRORS: AlarmConfig = {
  name: 'writer-errors',
  description: 'The writer fails.',
  namespace: 'AWS/Lambda',
  metricName: 'Errors',
  dimensions: { FunctionName: 'writer' },
  statistic: 'Sum',
  periodSeconds: 60,
  evaluationPeriods: 3,
  datapointsToAlarm: 2,
  comparison: 'GreaterThanThreshold',
  threshold: 0,
  treatMissingData: 'notBreaching',
  actions: { ALARM: [TOPIC], OK: [TOPIC], INSUFFICIENT_DATA: [] },
};

/** CloudWatch on a clock that stands, with one topic. */
function startCloudWatch(options: { readonly iam?: IamService; readonly key?: string } = {}) {
  const clock = { nowMs: NOON };
  const lines: string[] = [];
  const cloudWatch = createCloudWatchService({
    nowMs: () => clock.nowMs,
    logAlarm: (line) => lines.push(line),
    ...(options.iam === undefined ? {} : { iam: options.iam }),
  });
  cloudWatch.ensureTopic({ arn: TOPIC, key: options.key ?? null });
  const measure = (value: number, metricName = ERRORS.metricName): void =>
    cloudWatch.put({
      namespace: ERRORS.namespace,
      name: metricName,
      dimensions: ERRORS.dimensions,
      value,
      atMs: clock.nowMs,
    });
  const state = (name = ERRORS.name) => {
    cloudWatch.evaluate();
    return cloudWatch.alarms().find((alarm) => alarm.name === name)?.state;
  };
  return { clock, lines, cloudWatch, measure, state };
}

describe('alarm states', () => {
  it('begin with insufficient data', () => {
    const { cloudWatch } = startCloudWatch();
    cloudWatch.ensureAlarm(ERRORS);
    expect(cloudWatch.alarms()).toEqual([
      {
        name: 'writer-errors',
        description: 'The writer fails.',
        state: 'INSUFFICIENT_DATA',
        reason: 'not evaluated yet',
        sinceMs: NOON,
      },
    ]);
  });

  it('go to ALARM with the second of three bad minutes and back to OK when they are over', () => {
    const { clock, cloudWatch, measure, state } = startCloudWatch();
    cloudWatch.ensureAlarm(ERRORS);
    const states: unknown[] = [];
    for (const errors of [0, 1, 0, 1, 0, 0, 0]) {
      measure(errors);
      clock.nowMs += MINUTE;
      states.push(state());
    }
    expect(states).toEqual(['OK', 'OK', 'OK', 'ALARM', 'OK', 'OK', 'OK']);
  });

  it('do not wait for the end of a minute that is bad already', () => {
    const { clock, cloudWatch, measure, state } = startCloudWatch();
    cloudWatch.ensureAlarm(ERRORS);
    measure(1);
    clock.nowMs += MINUTE + SECOND;
    expect(state()).toBe('OK');
    measure(1);
    expect(state()).toBe('ALARM');
  });

  it('wait for the end of the minute when its verdict may still change', () => {
    const { clock, cloudWatch, measure, state } = startCloudWatch();
    const slow = { ...ERRORS, evaluationPeriods: 1, datapointsToAlarm: 1 };
    cloudWatch.ensureAlarm({ ...slow, name: 'average', statistic: 'Average' });
    cloudWatch.ensureAlarm({ ...slow, name: 'few', comparison: 'LessThanThreshold', threshold: 5 });
    measure(1);
    expect([state('average'), state('few')]).toEqual(['OK', 'OK']);
    clock.nowMs += MINUTE;
    expect([state('average'), state('few')]).toEqual(['ALARM', 'ALARM']);
  });

  it('look at periods that slide with the minutes, not at fixed ones', () => {
    const { clock, cloudWatch, measure, state } = startCloudWatch();
    cloudWatch.ensureAlarm({
      ...ERRORS,
      periodSeconds: 300,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
    });
    clock.nowMs += 3 * MINUTE;
    measure(1);
    const states = Array.from({ length: 7 }, () => {
      clock.nowMs += MINUTE;
      measure(0);
      return state();
    });
    expect(states).toEqual(['ALARM', 'ALARM', 'ALARM', 'ALARM', 'ALARM', 'OK', 'OK']);
  });

  it('know the dimensions: the errors of another function are not theirs', () => {
    const { cloudWatch, state } = startCloudWatch();
    cloudWatch.ensureAlarm({ ...ERRORS, evaluationPeriods: 1, datapointsToAlarm: 1 });
    const { namespace } = ERRORS;
    const dimensions = { FunctionName: 'other' };
    cloudWatch.put({ namespace, name: 'Errors', dimensions, value: 9, atMs: NOON });
    expect(state()).toBe('OK');
  });

  it('take no silence for a fault while the local cloud was down', () => {
    const { clock, cloudWatch, measure, state } = startCloudWatch();
    cloudWatch.ensureAlarm({
      ...ERRORS,
      evaluationPeriods: 2,
      datapointsToAlarm: 2,
      treatMissingData: 'breaching',
    });
    const states = Array.from({ length: 4 }, () => {
      clock.nowMs += MINUTE;
      return state();
    });
    expect(states).toEqual([
      'INSUFFICIENT_DATA',
      'INSUFFICIENT_DATA',
      'INSUFFICIENT_DATA',
      'ALARM',
    ]);
    measure(0);
    clock.nowMs += MINUTE;
    measure(0);
    clock.nowMs += MINUTE;
    expect(state()).toBe('OK');
  });

  it('are kept when the alarm is deployed again with another threshold', () => {
    const { clock, cloudWatch, measure, state } = startCloudWatch();
    const once = { ...ERRORS, evaluationPeriods: 1, datapointsToAlarm: 1 };
    cloudWatch.ensureAlarm(once);
    measure(3);
    expect(state()).toBe('ALARM');
    cloudWatch.ensureAlarm({ ...once, threshold: 5 });
    expect(cloudWatch.alarms()[0]?.state).toBe('ALARM');
    clock.nowMs += MINUTE;
    expect(state()).toBe('OK');
  });
});

describe('changes', () => {
  it('are logged once, with the reason and who would be told', () => {
    const { clock, lines, cloudWatch, measure, state } = startCloudWatch();
    cloudWatch.ensureSubscription({
      topicArn: TOPIC,
      protocol: 'email',
      endpoint: 'data@example.com',
    });
    cloudWatch.ensureAlarm({ ...ERRORS, evaluationPeriods: 1, datapointsToAlarm: 1 });
    measure(2);
    state();
    clock.nowMs += 5 * SECOND;
    state();
    expect(lines).toEqual([
      'writer-errors: INSUFFICIENT_DATA -> ALARM: the last datapoint (2) is above 0; told sluice-local-alarms (data@example.com; nothing is sent from here)',
    ]);
    expect(cloudWatch.alarms()[0]?.sinceMs).toBe(NOON);
  });

  it('say that a topic has no subscription', () => {
    const { lines, cloudWatch, state } = startCloudWatch();
    cloudWatch.ensureAlarm(ERRORS);
    state();
    expect(lines.at(-1)).toContain('told sluice-local-alarms (no subscription;');
  });

  it('refuse a topic that the template does not have', () => {
    const { cloudWatch } = startCloudWatch();
    const actions = { ...ERRORS.actions, ALARM: [`${TOPIC}-other`] };
    expect(() => cloudWatch.ensureAlarm({ ...ERRORS, actions })).toThrow(
      /writer-errors: expected the ARN of a topic of the template/,
    );
  });
});

describe('a topic under a key', () => {
  const allow = (Action: string | string[], Resource: string) => ({
    Effect: 'Allow' as const,
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action,
    Resource,
    Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } },
  });

  function told(keyActions: string[]): string | undefined {
    const iam = createIamService();
    const topicPolicy = { Statement: [allow('sns:Publish', TOPIC)] };
    iam.ensureResourcePolicy(TOPIC, { name: 'topic policy', document: topicPolicy });
    const keyPolicy = { Statement: [allow(keyActions, '*')] };
    iam.ensureResourcePolicy(KEY, { name: 'key policy', document: keyPolicy });
    const { lines, cloudWatch, state } = startCloudWatch({ iam, key: KEY });
    cloudWatch.ensureAlarm(ERRORS);
    state();
    return lines.at(-1);
  }

  it('is told when both policies let CloudWatch in', () => {
    expect(told(['kms:Decrypt', 'kms:GenerateDataKey*'])).toMatch(/; told sluice-local-alarms/);
  });

  it('says so when the key keeps CloudWatch out, where AWS is silent', () => {
    expect(told(['kms:Decrypt'])).toMatch(
      /sluice-local-alarms CANNOT BE TOLD: .*kms:GenerateDataKey/,
    );
  });
});
