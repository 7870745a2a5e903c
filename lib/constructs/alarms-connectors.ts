import { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { HttpPollConnector } from '#core/config/connector.ts';
import { physicalName } from '../names.ts';
import { type AlarmContext, addErrorAlarm, createAlarm, lookIntoLogs } from './alarms.ts';
import { METRICS_NAMESPACE } from './lake-writer.ts';

export interface HttpPollAlarmsProps {
  readonly context: AlarmContext;
  readonly function: lambda.Function;
  /** Those whose schedule is switched on. */
  readonly connectors: readonly HttpPollConnector[];
}

/** Name of the function below the domain. */
const HTTP_POLL = 'http-poll';
const GENERATOR = 'generator';
/** Intervals without a success before somebody is told: a source may be away for one. */
const SILENT_INTERVALS = 3;

/** Alarms of a domain's http-poll connectors: one from which nothing comes, and a function that fails. */
export class HttpPollAlarms extends Construct {
  constructor(scope: Construct, id: string, props: HttpPollAlarmsProps) {
    super(scope, id);
    const { context } = props;
    for (const connector of props.connectors) {
      createAlarm(this, context, {
        name: [HTTP_POLL, 'nothing-polled'],
        part: connector.name,
        text: {
          happened: `Connector ${connector.name} of ${context.domain} has not been polled successfully for ${SILENT_INTERVALS} intervals.`,
          meaning:
            'New records stay at the source; the connector goes on where it stopped as soon as it can.',
          todo: lookIntoLogs(context.names, context.domain, HTTP_POLL),
        },
        metric: {
          namespace: METRICS_NAMESPACE,
          metricName: 'PollsSucceeded',
          dimensionsMap: pollDimensions(context, connector.name),
          statistic: 'Sum',
          period: Duration.minutes(connector.everyMinutes),
        },
        threshold: 1,
        comparison: 'below',
        datapoints: { breaching: SILENT_INTERVALS, of: SILENT_INTERVALS },
        missingData: 'breaching',
      });
    }
    addErrorAlarm(this, context, {
      subject: HTTP_POLL,
      function: props.function,
      text: {
        happened: `The http-poll function of ${context.domain} fails again and again.`,
        meaning: 'New records stay at the source until it works again.',
      },
    });
  }
}

/** As Powertools writes them: `service` by default, `connector` by the handler. */
export function pollDimensions(
  { names, domain }: Pick<AlarmContext, 'names' | 'domain'>,
  connector: string,
): Readonly<Record<string, string>> {
  return { service: physicalName(names, domain, HTTP_POLL), connector };
}

/** Alarm of a domain's generator: a function that fails. */
export class GeneratorAlarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { readonly context: AlarmContext; readonly function: lambda.Function },
  ) {
    super(scope, id);
    addErrorAlarm(this, props.context, {
      subject: GENERATOR,
      function: props.function,
      text: {
        happened: `The generator of ${props.context.domain} fails again and again.`,
        meaning: 'Synthetic events are missing; nothing else is.',
      },
    });
  }
}
