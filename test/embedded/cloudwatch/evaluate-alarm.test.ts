import { describe, expect, it } from 'vitest';
import {
  evaluateAlarm,
  evaluationRange,
  isBreaching,
} from '#embedded/cloudwatch/evaluate-alarm.ts';
import type { AlarmConfig } from '#embedded/services.ts';

const RULES = {
  comparison: 'GreaterThanThreshold',
  threshold: 10,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  treatMissingData: 'missing',
  periodSeconds: 60,
} as const;

/** `0` does not breach, `X` breaches, `-` is missing; oldest first, as the AWS page writes them. */
function datapoints(pattern: string): readonly (number | null)[] {
  return [...pattern.replaceAll(' ', '')]
    .map((sign) => ({ 0: 5, X: 15, '-': null })[sign] ?? null)
    .reverse();
}

type Treatment = AlarmConfig['treatMissingData'];
const TREATMENTS: readonly Treatment[] = ['missing', 'ignore', 'breaching', 'notBreaching'];

function verdicts(pattern: string, datapointsToAlarm: number): readonly (string | null)[] {
  return TREATMENTS.map(
    (treatMissingData) =>
      evaluateAlarm({ ...RULES, datapointsToAlarm, treatMissingData }, datapoints(pattern)).state,
  );
}

// The tables of "Configuring how CloudWatch alarms treat missing data": MISSING, IGNORE, BREACHING, NOT BREACHING; null retains.
describe('three of three datapoints', () => {
  it.each([
    ['0 - X - X', ['OK', 'OK', 'OK', 'OK']],
    ['- - - - 0', ['OK', 'OK', 'OK', 'OK']],
    ['- - - - -', ['INSUFFICIENT_DATA', null, 'ALARM', 'OK']],
    ['0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['- - X - -', ['ALARM', null, 'ALARM', 'OK']],
  ])('%s', (pattern, expected) => {
    expect(verdicts(pattern, 3)).toEqual(expected);
  });

  it.each(['- - - - X', '- - - X -'])('%s alone is too young for an alarm', (pattern) => {
    expect(verdicts(pattern, 3).slice(0, 2)).toEqual([null, null]);
  });
});

describe('two of three datapoints', () => {
  it.each([
    ['0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - X -', ['ALARM', null, 'ALARM', 'OK']],
  ])('%s', (pattern, expected) => {
    expect(verdicts(pattern, 2)).toEqual(expected);
  });
});

describe('one of one datapoint', () => {
  const one = { ...RULES, evaluationPeriods: 1, datapointsToAlarm: 1 };

  it.each([
    ['- - X', 'ALARM'],
    ['X - 0', 'OK'],
    ['X - -', 'ALARM'],
    ['- 0 -', 'OK'],
  ])('%s takes the newest that is there', (pattern, expected) => {
    expect(
      evaluateAlarm({ ...one, treatMissingData: 'notBreaching' }, datapoints(pattern)).state,
    ).toBe(expected);
  });
});

describe('evaluationRange', () => {
  it('is larger than what an alarm is judged by', () => {
    expect(evaluationRange({ evaluationPeriods: 3 })).toBe(5);
  });
});

describe('isBreaching', () => {
  it.each([
    ['GreaterThanThreshold', [false, false, true]],
    ['GreaterThanOrEqualToThreshold', [false, true, true]],
    ['LessThanThreshold', [true, false, false]],
    ['LessThanOrEqualToThreshold', [true, true, false]],
  ] as const)('%s', (comparison, expected) => {
    expect([9, 10, 11].map((value) => isBreaching({ comparison, threshold: 10 }, value))).toEqual(
      expected,
    );
  });
});

describe('the reason', () => {
  it('names the values, the threshold and what missing data did', () => {
    const rules = { ...RULES, treatMissingData: 'breaching' } as const;
    expect(evaluateAlarm(rules, [15.1234, null, null, 20, null]).reason).toBe(
      '2 of the last 2 datapoints (newest first: 15.123, 20) are above 10, and 1 missing count as breaching',
    );
    expect(evaluateAlarm(rules, [null, null, null, null, null]).reason).toBe(
      'no data, which counts as breaching',
    );
    expect(evaluateAlarm({ ...RULES, evaluationPeriods: 1 }, [5, null, null]).reason).toBe(
      'the last datapoint (5) is not above 10',
    );
    expect(evaluateAlarm(RULES, [null, null, null, null, null]).reason).toBe(
      'no data in the last 5 minutes',
    );
  });
});
