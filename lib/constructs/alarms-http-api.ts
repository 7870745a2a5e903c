import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { type AlarmContext, createAlarm, lookIntoLogs } from './alarms.ts';

export interface HttpApiAlarmsProps {
  readonly context: AlarmContext;
  /** Name of the function behind it, below the domain: `http-ingest`. */
  readonly subject: string;
  readonly apiId: string;
}

/** Alarm of an HTTP API: it answers with errors of its own. One is retried by its client, and an API nobody calls is fine. */
export class HttpApiAlarms extends Construct {
  constructor(scope: Construct, id: string, props: HttpApiAlarmsProps) {
    super(scope, id);
    const { context, subject } = props;
    createAlarm(this, context, {
      name: [subject, 'server-errors'],
      text: {
        happened: `The HTTP API of ${context.domain} answers with server errors (5xx).`,
        meaning: 'Clients are told to send again: what was not acknowledged is not in the stream.',
        todo: lookIntoLogs(context.names, context.domain, subject),
      },
      metric: {
        namespace: 'AWS/ApiGateway',
        metricName: '5xx',
        dimensionsMap: { ApiId: props.apiId },
        statistic: 'Sum',
        period: Duration.minutes(1),
      },
      threshold: 0,
      comparison: 'above',
      datapoints: { breaching: 2, of: 3 },
      missingData: 'notBreaching',
    });
  }
}
