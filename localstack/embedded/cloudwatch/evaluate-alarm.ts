import type { AlarmConfig, AlarmState } from '#embedded/services.ts';

/**
 * CloudWatch looks at more periods than EvaluationPeriods, so that a late measurement is not taken for a missing one; how
 * many more it does not say. Two, as in the examples of "Configuring how CloudWatch alarms treat missing data".
 */
const EXTRA_PERIODS = 2;

/** Periods whose datapoints an evaluation is given: the evaluation range. */
export function evaluationRange(config: Pick<AlarmConfig, 'evaluationPeriods'>): number {
  return config.evaluationPeriods + EXTRA_PERIODS;
}

/** A state, or null when the alarm stays in the one it has. */
export interface Verdict {
  readonly state: AlarmState | null;
  readonly reason: string;
}

const KEEP: Verdict = { state: null, reason: '' };

type Rules = Pick<
  AlarmConfig,
  | 'comparison'
  | 'threshold'
  | 'evaluationPeriods'
  | 'datapointsToAlarm'
  | 'treatMissingData'
  | 'periodSeconds'
>;

/**
 * Judges the datapoints of the evaluation range, newest first; null is a period without data. Missing data counts only when
 * there are fewer real datapoints than EvaluationPeriods, and then only for as many as it takes.
 * Source: Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data".
 */
export function evaluateAlarm(rules: Rules, datapoints: readonly (number | null)[]): Verdict {
  const { evaluationPeriods, treatMissingData } = rules;
  const real = datapoints.filter((value) => value !== null).slice(0, evaluationPeriods);
  if (real.length === evaluationPeriods) return judge(rules, real, 0);
  const missing = evaluationPeriods - real.length;
  if (treatMissingData === 'notBreaching') return judge(rules, real, 0);
  if (treatMissingData === 'breaching') return judge(rules, real, missing);
  if (real.length === 0) {
    if (treatMissingData === 'ignore') return KEEP;
    return { state: 'INSUFFICIENT_DATA', reason: noData(rules, datapoints.length) };
  }
  return judgeIntermittent(rules, datapoints, real);
}

/** True when a value is on the wrong side of the threshold. */
export function isBreaching(
  { comparison, threshold }: Pick<Rules, 'comparison' | 'threshold'>,
  value: number,
): boolean {
  switch (comparison) {
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'LessThanThreshold':
      return value < threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= threshold;
  }
}

function judge(rules: Rules, real: readonly number[], missingThatBreach: number): Verdict {
  const breaching = real.filter((value) => isBreaching(rules, value));
  const isAlarm = breaching.length + missingThatBreach >= rules.datapointsToAlarm;
  const reason = describe(rules, real, missingThatBreach);
  return { state: isAlarm ? 'ALARM' : 'OK', reason };
}

/**
 * Some data, not enough, and missing data decides nothing. One datapoint that does not breach is OK. When all of them
 * breach, the next one may not, so the alarm waits until the eldest of them is as old as DatapointsToAlarm asks for.
 */
function judgeIntermittent(
  rules: Rules,
  datapoints: readonly (number | null)[],
  real: readonly number[],
): Verdict {
  const allBreach = real.every((value) => isBreaching(rules, value));
  const verdict = judge(rules, real, 0);
  if (verdict.state === 'ALARM' || !allBreach) return verdict;
  const eldest = datapoints.findLastIndex((value) => value !== null);
  const isOldEnough = eldest + 1 >= rules.datapointsToAlarm;
  const isAlarm = isOldEnough && rules.treatMissingData === 'missing';
  return isAlarm ? { state: 'ALARM', reason: verdict.reason } : KEEP;
}

const COMPARISON_WORDS: Readonly<Record<AlarmConfig['comparison'], string>> = {
  GreaterThanThreshold: 'above',
  GreaterThanOrEqualToThreshold: 'at or above',
  LessThanThreshold: 'below',
  LessThanOrEqualToThreshold: 'at or below',
};

function describe(rules: Rules, real: readonly number[], missingThatBreach: number): string {
  if (real.length === 0) {
    const effect = missingThatBreach > 0 ? 'counts as breaching' : 'counts as not breaching';
    return `no data, which ${effect}`;
  }
  const breaching = real.filter((value) => isBreaching(rules, value)).length;
  const values = real.map(formatValue).join(', ');
  const side = `${COMPARISON_WORDS[rules.comparison]} ${formatValue(rules.threshold)}`;
  const not = breaching === 0 ? 'not ' : '';
  const missing =
    missingThatBreach > 0 ? `, and ${missingThatBreach} missing count as breaching` : '';
  if (real.length === 1) return `the last datapoint (${values}) is ${not}${side}${missing}`;
  return `${breaching} of the last ${real.length} datapoints (newest first: ${values}) ${breaching === 1 ? 'is' : 'are'} ${side}${missing}`;
}

function noData({ periodSeconds }: Rules, periods: number): string {
  return `no data in the last ${(periods * periodSeconds) / 60} minutes`;
}

/** At most three decimals: 12.5, 90000, 0.333. */
function formatValue(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
