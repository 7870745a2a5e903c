import { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { physicalName } from '../names.ts';
import { type AlarmContext, addErrorAlarm, createAlarm, lookIntoLogs } from './alarms.ts';
import { METRICS_NAMESPACE } from './lake-writer.ts';

export interface LedgerAlarmsProps {
  readonly context: AlarmContext;
  readonly function: lambda.Function;
  /** How often the ledger runs. */
  readonly every: Duration;
}

/** Name of the function below the domain. */
const SUBJECT = 'ledger';

/** Room for a late start and a retry in each period. */
const RUNS_PER_PERIOD = 2;

/** Alarms of a domain's ledger: rows that nobody can account for, no result at all, and a function that fails. */
export class LedgerAlarms extends Construct {
  constructor(scope: Construct, id: string, props: LedgerAlarmsProps) {
    super(scope, id);
    const { context } = props;
    const { names, domain } = context;
    const look = lookIntoLogs(names, domain, SUBJECT);
    createAlarm(this, context, {
      name: [SUBJECT, 'unbalanced'],
      text: {
        happened: `The books of ${domain} do not balance, or the ledger has not reported.`,
        meaning:
          'Rows that were received are in no table and in no dead letter, or there are more than were received.',
        todo: `Which hours and streams: sluice ledger, or the table ${names.environment}_ops.ledger. ${look}`,
      },
      metric: {
        namespace: METRICS_NAMESPACE,
        metricName: 'UnbalancedRows',
        dimensionsMap: ledgerDimensions(context),
        statistic: 'Maximum',
        period: Duration.minutes(Math.ceil(props.every.toMinutes() * RUNS_PER_PERIOD)),
      },
      threshold: 0,
      comparison: 'above',
      // One run may meet a commit halfway; the next one sees it whole.
      datapoints: { breaching: 2, of: 2 },
      // A ledger that says nothing has not balanced anything.
      missingData: 'breaching',
    });
    addErrorAlarm(this, context, {
      subject: SUBJECT,
      function: props.function,
      text: {
        happened: `The ledger of ${domain} fails again and again.`,
        meaning: 'Tables are written as always, but nobody counts whether all rows arrive.',
      },
    });
  }
}

/** As Powertools writes them: `service` by default, `domain` by the handler. */
export function ledgerDimensions({
  names,
  domain,
}: Pick<AlarmContext, 'names' | 'domain'>): Readonly<Record<string, string>> {
  return { service: physicalName(names, domain, SUBJECT), domain };
}
