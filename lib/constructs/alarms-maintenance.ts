import type { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { physicalName } from '../names.ts';
import { type AlarmContext, createAlarm, lookIntoLogs } from './alarms.ts';
import { METRICS_NAMESPACE } from './lake-writer.ts';

export interface MaintenanceAlarmsProps {
  readonly context: AlarmContext;
  readonly function: lambda.Function;
  /** How often it runs. */
  readonly every: Duration;
}

/** Name of the function below the domain. */
const SUBJECT = 'maintenance';

/** Every commit reads and writes the metadata file whole: from this size on that is felt. */
const MAX_METADATA_BYTES = 8_000_000;
/** What commits every two seconds would keep of an hour. */
const MAX_SNAPSHOTS = 2_000;

const MINUTES_PER_DAY = 1_440;

/**
 * Two runs of three; of runs that are further apart, as many as a day has: the next run does what one left, but nobody
 * should learn after days that a daily run fails.
 */
function runsOfADay(every: Duration): { readonly breaching: number; readonly of: number } {
  const runs = Math.max(1, Math.floor(MINUTES_PER_DAY / every.toMinutes()));
  return { breaching: Math.min(2, runs), of: Math.min(3, runs) };
}

/** Alarms of a domain's maintenance: it fails, or what every commit has to carry grows. */
export class MaintenanceAlarms extends Construct {
  constructor(scope: Construct, id: string, props: MaintenanceAlarmsProps) {
    super(scope, id);
    const { context, every } = props;
    const { names, domain } = context;
    const todo = lookIntoLogs(names, domain, SUBJECT);
    createAlarm(this, context, {
      name: [SUBJECT, 'errors'],
      text: {
        happened: `The maintenance of ${domain} fails again and again.`,
        meaning: 'Rows come in as always, but small files and old metadata pile up.',
        todo,
      },
      metric: {
        namespace: 'AWS/Lambda',
        metricName: 'Errors',
        dimensionsMap: { FunctionName: props.function.functionName },
        statistic: 'Sum',
        period: every,
      },
      threshold: 0,
      comparison: 'above',
      datapoints: runsOfADay(every),
      missingData: 'notBreaching',
    });
    const growth = [
      { aspect: 'metadata', metricName: 'MetadataBytes', threshold: MAX_METADATA_BYTES },
      { aspect: 'snapshots', metricName: 'SnapshotCount', threshold: MAX_SNAPSHOTS },
    ] as const;
    for (const { aspect, metricName, threshold } of growth) {
      createAlarm(this, context, {
        name: [SUBJECT, aspect],
        text: {
          happened: `The metadata of a table of ${domain} has grown too large.`,
          meaning: 'Every commit carries it, so commits become slow and in the end stop.',
          todo: `Which table: sluice tables. ${todo}`,
        },
        metric: {
          namespace: METRICS_NAMESPACE,
          metricName,
          dimensionsMap: { service: physicalName(names, domain, SUBJECT), domain },
          statistic: 'Maximum',
          period: every,
        },
        threshold,
        comparison: 'above',
        datapoints: runsOfADay(every),
        missingData: 'notBreaching',
      });
    }
  }
}
